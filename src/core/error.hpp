#pragma once
// The one exception type of the project.
//
// It carries what PostgreSQL needs to report an error to the SQL caller: the SQLSTATE, a primary
// message in PostgreSQL's style (lower case, one line, no full stop), a detail that names the rule
// and a hint that names the remedy (both full sentences, both may be empty). src/pg/boundary.hpp
// turns it into ereport(ERROR) and turns a PostgreSQL error into it, nothing lost either way.

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace llmw {

/// SQLSTATEs that this project raises. PostgreSQL's own where one fits; class LW is ours and is
/// listed in docs/errors.md. Five characters of [0-9A-Z].
namespace sqlstate {
inline constexpr std::string_view kFeatureNotSupported = "0A000";
inline constexpr std::string_view kNumericValueOutOfRange = "22003";
inline constexpr std::string_view kInvalidParameterValue = "22023";
inline constexpr std::string_view kInvalidJsonText = "22032";
inline constexpr std::string_view kReadOnlyTransaction = "25006";
inline constexpr std::string_view kInsufficientPrivilege = "42501";
inline constexpr std::string_view kUndefinedObject = "42704";
inline constexpr std::string_view kOutOfMemory = "53200";
inline constexpr std::string_view kConfigurationLimitExceeded = "53400";
inline constexpr std::string_view kProgramLimitExceeded = "54000";
inline constexpr std::string_view kNotInPrerequisiteState = "55000";
inline constexpr std::string_view kInternalError = "XX000";
inline constexpr std::string_view kDataCorrupted = "XX001";
inline constexpr std::string_view kValidationFailed = "LW001";
inline constexpr std::string_view kApiError = "LW002";
inline constexpr std::string_view kTimeout = "LW003";
inline constexpr std::string_view kRateLimited = "LW004";
inline constexpr std::string_view kTruncated = "LW005";
inline constexpr std::string_view kRefused = "LW006";
inline constexpr std::string_view kContextWindowExceeded = "LW007";
inline constexpr std::string_view kCircuitOpen = "LW008";
inline constexpr std::string_view kCredentialsMissing = "LW009";
inline constexpr std::string_view kBudget = "LW010";
inline constexpr std::string_view kOutcomeUnknown = "LW011";
inline constexpr std::string_view kJobSetAside = "LW012";
}  // namespace sqlstate

class Error : public std::exception {
 public:
  Error(std::string_view state, std::string message, std::string detail = {}, std::string hint = {})
      : sqlstate_(state),
        message_(std::move(message)),
        detail_(std::move(detail)),
        hint_(std::move(hint)) {}

  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& sqlstate() const noexcept { return sqlstate_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& detail() const noexcept { return detail_; }
  const std::string& hint() const noexcept { return hint_; }

 private:
  std::string sqlstate_;
  std::string message_;
  std::string detail_;
  std::string hint_;
};

}  // namespace llmw
