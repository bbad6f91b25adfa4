#pragma once
// Foreign servers of the wrapper `llm_provider`: their options, and the key of a role.
//
// Call inside a transaction. May throw llmw::Error.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/provider.hpp"
#include "pg/postgres.hpp"

namespace llmw {

struct ProviderServer {
  Oid oid = InvalidOid;
  std::string name;
  Protocol protocol = Protocol::openai;
  std::string base_url;  ///< without trailing slash; empty for builtin
  StructuredOutput structured_output = StructuredOutput::none;
  int max_concurrency = 0;             ///< calls at once; 0: no limit of the server's own
  int requests_per_minute = 0;         ///< of each model; 0: no limit
  std::int64_t tokens_per_minute = 0;  ///< of each model, input and output; 0: no limit
  std::int64_t max_model_len = 0;      ///< tokens of input and output together; 0: the models' own
  bool adaptive = true;                ///< circuits, and limits learned from answers
  std::string api_key_env;
  std::string api_key_file;
  bool needs_key = true;  ///< false for builtin, and for a server with option requires_key 'false'
};

/// The server called `name`; Error 42704 when there is none or it is of another wrapper.
ProviderServer find_provider_server(std::string_view name);

/// The API key with which `role` calls `server`: its user mapping (or PUBLIC's), else the
/// environment variable, else the file that the server names. Nothing when there is no key.
/// Error LW009 when the file cannot be read, is larger than 4096 bytes or is no regular file.
std::optional<std::string> find_api_key(const ProviderServer& server, Oid role);

}  // namespace llmw
