#include "pg/boundary.hpp"

#include <new>
#include <string>
#include <string_view>

namespace llmw {

namespace {

template <std::size_t N>
void copy_bounded(char (&target)[N], std::string_view source) noexcept {
  std::size_t length = source.size() < N - 1 ? source.size() : N - 1;
  // A character must not be cut in half: the client would reject the message.
  if (length < source.size())
    while (length > 0 && (static_cast<unsigned char>(source[length]) & 0xC0) == 0x80) --length;
  std::memcpy(target, source.data(), length);
  target[length] = '\0';
}

void fill(ErrorBuffer& buffer, std::string_view state, std::string_view message,
          std::string_view detail, std::string_view hint) noexcept {
  if (state.size() != 5) state = sqlstate::kInternalError;
  buffer.sqlstate = MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4]);
  copy_bounded(buffer.message, message);
  copy_bounded(buffer.detail, detail);
  copy_bounded(buffer.hint, hint);
}

}  // namespace

void capture_exception(ErrorBuffer& buffer) noexcept {
  try {
    throw;
  } catch (const Error& error) {
    fill(buffer, error.sqlstate(), error.message(), error.detail(), error.hint());
  } catch (const std::bad_alloc&) {
    fill(buffer, sqlstate::kOutOfMemory, "out of memory", {}, {});
  } catch (const std::exception& error) {
    fill(buffer, sqlstate::kInternalError, error.what(), {}, {});
  } catch (...) {
    fill(buffer, sqlstate::kInternalError, "unknown exception", {}, {});
  }
}

void report_error(const ErrorBuffer& buffer) {
  ereport(ERROR, (errcode(buffer.sqlstate), errmsg_internal("%s", buffer.message),
                  buffer.detail[0] != '\0' ? errdetail_internal("%s", buffer.detail) : 0,
                  buffer.hint[0] != '\0' ? errhint("%s", buffer.hint) : 0));
  pg_unreachable();
}

void throw_postgres_error() {
  ErrorData* data = CopyErrorData();
  FlushErrorState();
  const auto text = [](const char* s) { return std::string(s != nullptr ? s : ""); };
  Error error(unpack_sql_state(data->sqlerrcode), text(data->message), text(data->detail),
              text(data->hint));
  FreeErrorData(data);
  throw error;
}

}  // namespace llmw
