#include "core/crash_record.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace llmw {
namespace {

const Uuid kRequest = make_uuid7(1'795'000'000'123'456, 0x0123'4567'89AB'CDEF);

std::string bytes_of(const CrashRecord& record) {
  return std::string(reinterpret_cast<const char*>(&record), sizeof record);
}

std::string begun_record() {
  CrashRecord record;
  begin_crash_record(record, kRequest);
  return bytes_of(record);
}

TEST(CrashRecord, NamesTheRequestThatWasBeingAdvancedSoThatItCanBeSetAside) {
  EXPECT_EQ(read_crash_record(begun_record()), kRequest);
}

TEST(CrashRecord, SaysNothingAfterTheEndSoThatNoRequestIsBlamedForAnOrderlyExit) {
  CrashRecord record;
  begin_crash_record(record, kRequest);
  end_crash_record(record);
  EXPECT_EQ(read_crash_record(bytes_of(record)), std::nullopt);
}

TEST(CrashRecord, NamesTheLatestOfSeveralRequests) {
  CrashRecord record;
  begin_crash_record(record, make_uuid7(1, 1));
  begin_crash_record(record, kRequest);
  EXPECT_EQ(read_crash_record(bytes_of(record)), kRequest);
}

TEST(CrashRecord, OfAFileThatWasJustMadeIsEmpty) {
  EXPECT_EQ(read_crash_record(std::string(sizeof(CrashRecord), '\0')), std::nullopt);
}

TEST(CrashRecord, OfAShortFileIsEmpty) {
  const std::string whole = begun_record();
  for (std::size_t size = 0; size < whole.size(); ++size)
    ASSERT_EQ(read_crash_record(std::string_view(whole).substr(0, size)), std::nullopt) << size;
}

TEST(CrashRecord, OfALongerFileIsReadFromItsBegin) {
  EXPECT_EQ(read_crash_record(begun_record() + "rest"), kRequest);
}

// Each byte of magic number, check and id matters: whatever is torn blames nobody.
TEST(CrashRecord, WithAnyByteChangedIsEmpty) {
  const std::string whole = begun_record();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string torn = whole;
    torn[i] = static_cast<char>(torn[i] ^ 0x20);
    ASSERT_EQ(read_crash_record(torn), std::nullopt) << i;
  }
}

TEST(CrashRecord, WithAnIdThatWasHalfWrittenIsEmpty) {
  CrashRecord record;
  begin_crash_record(record, make_uuid7(1, 1));
  std::string old = bytes_of(record);
  const std::string fresh = begun_record();
  const std::size_t half = offsetof(CrashRecord, request) + 8;
  EXPECT_EQ(read_crash_record(old.substr(0, half) + fresh.substr(half)), std::nullopt);
}

}  // namespace
}  // namespace llmw
