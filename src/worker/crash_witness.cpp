#include "worker/crash_witness.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string_view>

#include "core/crash_record.hpp"
#include "pg/boundary.hpp"
#include "shmem/layout.hpp"

namespace llmw {

namespace {

constexpr const char* kFolder = "llm_workflow";

// The record that this process has begun, for its exit: that of the next process of the same entry,
// which may run already, must not be touched.
CrashRecord* volatile begun = nullptr;
bool kept = false;

struct WitnessPath {
  char text[MAXPGPATH];

  WitnessPath(Oid database, int ordinal) {
    snprintf(text, sizeof text, "%s/witness_%u_%d", kFolder, database, ordinal);
  }
};

void end_begun() noexcept {
  if (begun != nullptr && !kept) end_crash_record(*begun);
  begun = nullptr;
}

extern "C" {

static void llmw_witness_exit(int, Datum) { end_begun(); }

// The postmaster ends us because another process crashed: nobody advanced here is to blame. Stores
// only, as in any signal handler.
static void llmw_witness_quit(SIGNAL_ARGS) {
  end_begun();
  SignalHandlerForCrashExit(postgres_signal_arg);
}

}  // extern "C"

/// The descriptor of the file, which has room for a record; -1 with errno.
int open_witness(const WitnessPath& path) {
  if (MakePGDirectory(kFolder) != 0 && errno != EEXIST) return -1;
  const int file = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC, pg_file_create_mode);
  if (file < 0) return -1;
  // A hole in the file would kill this process when the disk is full.
  const int error = posix_fallocate(file, 0, sizeof(CrashRecord));
  if (error == 0) return file;
  close(file);
  errno = error;
  return -1;
}

/// nullptr with errno.
CrashRecord* map_witness(const WitnessPath& path) {
  const int file = open_witness(path);
  if (file < 0) return nullptr;
  void* place = mmap(nullptr, sizeof(CrashRecord), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int error = errno;
  close(file);
  errno = error;
  return place == MAP_FAILED ? nullptr : static_cast<CrashRecord*>(place);
}

}  // namespace

CrashWitness::CrashWitness(Oid database, int ordinal) {
  const WitnessPath path(database, ordinal);
  record_ = map_witness(path);
  if (record_ == nullptr) {
    PgCall([&] {
      ereport(LOG, (errcode_for_file_access(), errmsg("could not map file \"%s\": %m", path.text),
                    errdetail("Requests that crash the worker cannot be told from others.")));
    });
    return;
  }
  suspect_ = read_crash_record(
      std::string_view(reinterpret_cast<const char*>(record_), sizeof(CrashRecord)));
  PgCall([] {
    before_shmem_exit(llmw_witness_exit, 0);
    pqsignal(SIGQUIT, llmw_witness_quit);
  });
}

void CrashWitness::advancing(const Uuid& request) noexcept {
  if (record_ == nullptr) return;
  begun = record_;
  begin_crash_record(*record_, request);
}

void CrashWitness::done() noexcept {
  if (record_ == nullptr) return;
  end_crash_record(*record_);
  begun = nullptr;
}

void CrashWitness::keep() noexcept { kept = true; }

void remove_crash_witnesses(Oid database) noexcept {
  for (int ordinal = 0; ordinal < kMostWorkersPerDatabase; ++ordinal)
    (void)unlink(WitnessPath(database, ordinal).text);
}

}  // namespace llmw
