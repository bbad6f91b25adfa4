// llm_provider_validator(): which options a server or a user mapping may have, and who may set
// them.
//
// PostgreSQL hands over the merged options of the object, those that stay included. So a role that
// is no superuser cannot change the base_url of a server whose key a superuser put there.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/key_file.hpp"
#include "core/provider.hpp"
#include "core/url.hpp"
#include "pg/boundary.hpp"
#include "pg/option_list.hpp"

namespace llmw {

namespace {

constexpr std::string_view kInvalidOptionName = "HV00D";
constexpr std::string_view kInvalidOptionValue = "HV024";
constexpr std::string_view kOptionMissing = "HV00J";
constexpr int kMostConcurrency = 100'000;
constexpr int kMostTokens = 100'000'000;
constexpr int kMostPerMinute = 100'000'000;

enum class Kind {
  protocol,
  structured_output,
  url,
  boolean,
  count,
  per_minute,
  tokens,
  variable,
  path,
  secret
};
enum class Setter { owner, superuser };

struct Rule {
  std::string_view name;
  Oid catalog;
  Kind kind;
  Setter setter;
};

constexpr std::array kRules = {
    Rule{"protocol", ForeignServerRelationId, Kind::protocol, Setter::owner},
    Rule{"base_url", ForeignServerRelationId, Kind::url, Setter::owner},
    Rule{"api_key_env", ForeignServerRelationId, Kind::variable, Setter::superuser},
    Rule{"api_key_file", ForeignServerRelationId, Kind::path, Setter::superuser},
    Rule{"structured_output", ForeignServerRelationId, Kind::structured_output, Setter::owner},
    Rule{"max_concurrency", ForeignServerRelationId, Kind::count, Setter::owner},
    Rule{"requests_per_minute", ForeignServerRelationId, Kind::per_minute, Setter::owner},
    Rule{"tokens_per_minute", ForeignServerRelationId, Kind::per_minute, Setter::owner},
    Rule{"adaptive", ForeignServerRelationId, Kind::boolean, Setter::owner},
    Rule{"max_model_len", ForeignServerRelationId, Kind::tokens, Setter::owner},
    Rule{"allow_http", ForeignServerRelationId, Kind::boolean, Setter::owner},
    Rule{"requires_key", ForeignServerRelationId, Kind::boolean, Setter::owner},
    Rule{"api_key", UserMappingRelationId, Kind::secret, Setter::owner},
};

std::string valid_options(Oid catalog) {
  std::string names;
  for (const Rule& rule : kRules) {
    if (rule.catalog != catalog) continue;
    if (!names.empty()) names += ", ";
    names += rule.name;
  }
  return names.empty() ? "There are no valid options in this context."
                       : "Valid options in this context are: " + names + ".";
}

const Rule& rule_of(const Option& option, Oid catalog) {
  const auto found = std::find_if(kRules.begin(), kRules.end(), [&](const Rule& rule) {
    return rule.name == option.name && rule.catalog == catalog;
  });
  if (found != kRules.end()) return *found;
  std::string hint = valid_options(catalog);
  if (catalog == ForeignServerRelationId && option.name == "api_key")
    hint += " A key belongs to a user mapping.";
  throw Error(kInvalidOptionName, "invalid option \"" + option.name + "\"", {}, hint);
}

[[noreturn]] void refuse_value(std::string_view option, std::string_view detail,
                               std::string_view hint = {}) {
  throw Error(kInvalidOptionValue, "invalid value for option \"" + std::string(option) + "\"",
              std::string(detail), std::string(hint));
}

bool is_number(const std::string& text, int least, int most) {
  constexpr std::size_t kMaxDigits = 9;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > kMaxDigits) return false;
  if (!std::all_of(text.begin(), text.end(), is_digit)) return false;
  const int value = std::stoi(text);
  return value >= least && value <= most;
}

bool is_variable_name(const std::string& text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_other = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && !is_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_digit(c) || is_other(c); });
}

bool is_full_path(const std::string& text) {
  return text.starts_with('/') && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
         });
}

void check_key(const std::string& key) {
  if (key.empty()) refuse_value("api_key", "The key is empty.");
  if (!is_sendable_key(key))
    refuse_value("api_key", "The key contains a control character or one beyond ASCII.",
                 "A line break at the end of a copied key is the usual cause.");
}

void check_url(const std::string& text) {
  const ParsedUrl parsed = parse_base_url(text);
  if (!parsed.url)
    refuse_value("base_url", "It is not usable: " + parsed.fault + ".",
                 "A base URL looks like https://api.example.com/v1.");
}

void check_limit(const Rule& rule, const std::string& value, int most) {
  if (!is_number(value, 0, most))
    refuse_value(rule.name,
                 "It must be a number from 0 (no limit) to " + std::to_string(most) + ".");
}

void check_value(const Rule& rule, const std::string& value) {
  bool boolean = false;
  switch (rule.kind) {
    case Kind::protocol:
      if (!parse_protocol(value))
        refuse_value(rule.name, "It must be openai, anthropic or builtin.");
      return;
    case Kind::structured_output:
      if (!parse_structured_output(value))
        refuse_value(rule.name, "It must be json_schema, json_object or none.");
      return;
    case Kind::url: return check_url(value);
    case Kind::boolean:
      if (!parse_boolean(value, boolean)) refuse_value(rule.name, "It must be true or false.");
      return;
    case Kind::count: return check_limit(rule, value, kMostConcurrency);
    case Kind::per_minute: return check_limit(rule, value, kMostPerMinute);
    case Kind::tokens:
      if (!is_number(value, 1, kMostTokens))
        refuse_value(rule.name, "It must be a number of tokens from 1 to " +
                                    std::to_string(kMostTokens) + ".");
      return;
    case Kind::variable:
      if (!is_variable_name(value))
        refuse_value(rule.name, "It must be the name of an environment variable.");
      return;
    case Kind::path:
      if (!is_full_path(value)) refuse_value(rule.name, "It must be an absolute path.");
      return;
    case Kind::secret: return check_key(value);
  }
}

void check_setter(const Rule& rule) {
  if (rule.setter == Setter::owner || PgCall([] { return superuser(); })) return;
  throw Error(sqlstate::kInsufficientPrivilege,
              "permission denied for a server with option \"" + std::string(rule.name) + "\"",
              "Only a superuser may set the option, or change a server that has it.",
              "A key in a user mapping needs no superuser.");
}

bool allows_http(const std::vector<Option>& options) {
  bool allowed = false;
  if (const std::string* value = find_option(options, "allow_http")) parse_boolean(*value, allowed);
  return allowed;
}

/// What single options cannot tell: whether together they make a server.
void check_server(const std::vector<Option>& options) {
  const std::string* protocol = find_option(options, "protocol");
  if (protocol == nullptr)
    throw Error(kOptionMissing, "option \"protocol\" is required", {},
                "It must be openai, anthropic or builtin.");
  const std::string* base_url = find_option(options, "base_url");
  if (*protocol == "builtin") {
    if (base_url != nullptr) refuse_value("base_url", "A server of protocol builtin calls nobody.");
    return;
  }
  if (base_url == nullptr)
    throw Error(kOptionMissing, "option \"base_url\" is required", {},
                "A base URL looks like https://api.example.com/v1.");
  const ParsedUrl parsed = parse_base_url(*base_url);
  if (parsed.url->https || is_loopback_host(parsed.url->host) || allows_http(options)) return;
  refuse_value("base_url", "Plain http would send keys and prompts readable for all on the way.",
               "Use https, or set allow_http 'true' for a network that you trust.");
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_provider_options) {
  using namespace llmw;
  const std::vector<Option> options = to_options(PG_GETARG_DATUM(0));
  const Oid catalog = PG_GETARG_OID(1);
  for (const Option& option : options) {
    const Rule& rule = rule_of(option, catalog);
    check_setter(rule);
    check_value(rule, option.value);
  }
  if (catalog == ForeignServerRelationId) check_server(options);
  return 0;
}
