#pragma once
// OPTIONS (...) of foreign servers and user mappings, as PostgreSQL stores them.
//
// Call inside a transaction. May throw llmw::Error. Values may be secret: they go into no message.

#include <string>
#include <string_view>
#include <vector>

#include "pg/postgres.hpp"

namespace llmw {

struct Option {
  std::string name;   ///< UTF-8
  std::string value;  ///< UTF-8
};

/// The options in `array`, a text[] of "name=value" (srvoptions, umoptions, a validator's
/// argument).
std::vector<Option> to_options(Datum array);

/// The options of a list of DefElem, as ForeignServer::options holds them.
std::vector<Option> to_options(List* list);

/// The value of the option `name`, or nullptr.
const std::string* find_option(const std::vector<Option>& options, std::string_view name);

/// Reads 'true' and 'false' in the spellings of PostgreSQL's boolean. False when it is neither.
bool parse_boolean(const std::string& text, bool& value);

}  // namespace llmw
