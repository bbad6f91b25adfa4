#pragma once
// The two guards between C++ and PostgreSQL. Nothing else crosses.
//
// PostgreSQL reports errors by longjmp, which skips destructors; C++ by exceptions, which must not
// leave a function that PostgreSQL called. Therefore:
//  - each function that PostgreSQL calls is extern "C" and its body is one PgBoundary(lambda): an
//    exception is copied into a trivially destructible ErrorBuffer and reported after the catch;
//  - each call into PostgreSQL that can raise, made while C++ objects live, goes through
//    PgCall(lambda): the error becomes an llmw::Error with its SQLSTATE, detail and hint.
// After PgCall threw, the (sub)transaction is broken as always: rethrow, or abort it.
//
//   LLMW_SQL_FUNCTION(llmw_answer) { return Int32GetDatum(42); }

#include <type_traits>
#include <utility>

#include "core/error.hpp"
#include "pg/postgres.hpp"
#include "pg/versions.hpp"

namespace llmw {

/// A caught exception on its way to ereport. Trivially destructible: longjmp may skip it.
struct ErrorBuffer {
  int sqlstate;
  char message[1024];
  char detail[4096];
  char hint[1024];
};

/// Fills `buffer` from the exception in flight. Call inside a catch block only.
void capture_exception(ErrorBuffer& buffer) noexcept;

/// Reports `buffer` as an ERROR. No C++ object may be live in the calling frame.
[[noreturn]] void report_error(const ErrorBuffer& buffer);

/// Throws the PostgreSQL error in flight as llmw::Error and clears PostgreSQL's error state.
[[noreturn]] void throw_postgres_error();

/// Runs `body`; an exception that leaves it is reported as a PostgreSQL error.
template <typename Body>
auto PgBoundary(Body&& body) -> std::invoke_result_t<Body&> {
  ErrorBuffer buffer;
  try {
    return body();
  } catch (...) {
    capture_exception(buffer);
  }
  report_error(buffer);
}

/// Puts PostgreSQL's error handling back as it was, however the guarded call ends.
class ErrorStateSaver {
 public:
  ErrorStateSaver()
      : exception_stack_(PG_exception_stack),
        context_stack_(error_context_stack),
        memory_context_(CurrentMemoryContext) {}
  ~ErrorStateSaver() {
    PG_exception_stack = exception_stack_;
    error_context_stack = context_stack_;
  }
  ErrorStateSaver(const ErrorStateSaver&) = delete;
  ErrorStateSaver& operator=(const ErrorStateSaver&) = delete;

  MemoryContext memory_context() const { return memory_context_; }

 private:
  sigjmp_buf* exception_stack_;
  ErrorContextCallback* context_stack_;
  MemoryContext memory_context_;
};

/// Calls `body`, which calls PostgreSQL; a PostgreSQL error in it is thrown as llmw::Error.
/// `body` holds trivially destructible locals only, and what it returns is trivially copyable.
template <typename Body>
auto PgCall(Body&& body) -> std::invoke_result_t<Body&> {
  using Result = std::invoke_result_t<Body&>;
  static_assert(std::is_void_v<Result> || std::is_trivially_copyable_v<Result>,
                "a PostgreSQL error would leak what the guarded call returns");
  ErrorStateSaver saver;
  sigjmp_buf here;
  if (sigsetjmp(here, 0) != 0) {
    MemoryContextSwitchTo(saver.memory_context());
    throw_postgres_error();
  }
  PG_exception_stack = &here;
  return body();
}

}  // namespace llmw

/// Defines the SQL-callable C function `name`; the braces that follow are its body, which may
/// throw. It runs only while the SQL objects are of the library's version.
#define LLMW_SQL_FUNCTION(name)                      \
  static Datum name##_body(FunctionCallInfo fcinfo); \
  extern "C" {                                       \
  PGDLLEXPORT Datum name(PG_FUNCTION_ARGS);          \
  PG_FUNCTION_INFO_V1(name);                         \
  Datum name(PG_FUNCTION_ARGS) {                     \
    return llmw::PgBoundary([fcinfo] {               \
      llmw::check_versions();                        \
      return name##_body(fcinfo);                    \
    });                                              \
  }                                                  \
  }                                                  \
  static Datum name##_body([[maybe_unused]] FunctionCallInfo fcinfo)
