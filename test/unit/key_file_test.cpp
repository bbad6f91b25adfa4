// A key file is named by a superuser, but what it holds may be wrong in every way.

#include "core/key_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/error.hpp"

namespace llmw {
namespace {

class KeyFile : public testing::Test {
 protected:
  KeyFile() {
    std::string pattern = testing::TempDir() + "llmw_key_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~KeyFile() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& content) const {
    const std::string path = folder_ + "/key";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::string folder_;
};

/// The detail of the error with which reading `path` fails; empty when it does not fail.
std::string failure_of(const std::string& path) {
  try {
    read_key_file(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kCredentialsMissing);
    EXPECT_EQ((error.message() + error.detail() + error.hint()).find("canary"), std::string::npos);
    return error.detail();
  }
  return {};
}

TEST_F(KeyFile, LosesTheLineBreakThatEditorsAdd) {
  EXPECT_EQ(read_key_file(write("sk-123\n")), "sk-123");
  EXPECT_EQ(read_key_file(write(" \tsk-123 \r\n\n")), "sk-123");
  EXPECT_EQ(read_key_file(write("sk-123")), "sk-123");
}

TEST_F(KeyFile, HoldsNoKeyWhenItIsEmpty) {
  EXPECT_EQ(read_key_file(write("")), std::nullopt);
  EXPECT_EQ(read_key_file(write(" \n")), std::nullopt);
}

TEST_F(KeyFile, MayBeASymbolicLinkAsMountedSecretsAre) {
  const std::string link = folder_ + "/link";
  std::filesystem::create_symlink(write("sk-123"), link);
  EXPECT_EQ(read_key_file(link), "sk-123");
}

TEST_F(KeyFile, ThatIsMissingIsAnError) {
  EXPECT_EQ(failure_of(folder_ + "/none"), "No such file or directory.");
}

TEST_F(KeyFile, ThatIsNoRegularFileIsAnErrorAndNeverBlocks) {
  EXPECT_EQ(failure_of(folder_), "It is not a regular file.");
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(failure_of(pipe), "It is not a regular file.");
  EXPECT_EQ(failure_of("/dev/zero"), "It is not a regular file.");
}

TEST_F(KeyFile, ThatIsTooLargeIsNoKey) {
  EXPECT_EQ(read_key_file(write(std::string(kMaxKeyFileBytes, 'k'))),
            std::string(kMaxKeyFileBytes, 'k'));
  EXPECT_EQ(failure_of(write(std::string(kMaxKeyFileBytes + 1, 'k'))),
            "It is larger than 4096 bytes.");
}

TEST_F(KeyFile, CannotAddAHeader) {
  EXPECT_NE(failure_of(write("canary\r\nX-Evil: 1")), "");
  EXPECT_NE(failure_of(write("canary\nsecond line")), "");
  EXPECT_NE(failure_of(write(std::string("canary\0x", 8))), "");
  EXPECT_NE(failure_of(write("canary\xc3\xa4")), "");
}

TEST(KeyVariable, IsReadLikeAFile) {
  ::setenv("LLMW_TEST_KEY", " sk-123\n", 1);
  EXPECT_EQ(read_key_variable("LLMW_TEST_KEY"), "sk-123");
  ::setenv("LLMW_TEST_KEY", "", 1);
  EXPECT_EQ(read_key_variable("LLMW_TEST_KEY"), std::nullopt);
  ::unsetenv("LLMW_TEST_KEY");
  EXPECT_EQ(read_key_variable("LLMW_TEST_KEY"), std::nullopt);
}

TEST(KeyVariable, CannotAddAHeader) {
  ::setenv("LLMW_TEST_KEY", "canary\nX-Evil: 1", 1);
  try {
    read_key_variable("LLMW_TEST_KEY");
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kCredentialsMissing);
    EXPECT_EQ(error.message().find("canary"), std::string::npos);
  }
  ::unsetenv("LLMW_TEST_KEY");
}

}  // namespace
}  // namespace llmw
