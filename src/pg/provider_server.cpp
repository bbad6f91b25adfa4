#include "pg/provider_server.hpp"

#include <vector>

#include "core/key_file.hpp"
#include "pg/boundary.hpp"
#include "pg/option_list.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

constexpr const char* kWrapperName = "llm_provider";

struct ServerRow {
  Oid oid;
  bool is_provider;
  List* options;
};

ServerRow read_server(const char* name) {
  ForeignServer* server = GetForeignServerByName(name, true);
  if (server == nullptr) return {InvalidOid, false, NIL};
  ForeignDataWrapper* wrapper = GetForeignDataWrapper(server->fdwid);
  return {server->serverid, std::strcmp(wrapper->fdwname, kWrapperName) == 0, server->options};
}

/// The options of the mapping of `role` (or of PUBLIC, InvalidOid), or a null Datum.
Datum read_mapping(Oid role, Oid server) {
  HeapTuple tuple =
      SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(role), ObjectIdGetDatum(server));
  if (!HeapTupleIsValid(tuple)) return 0;
  bool is_null = false;
  Datum options =
      SysCacheGetAttr(USERMAPPINGUSERSERVER, tuple, Anum_pg_user_mapping_umoptions, &is_null);
  if (!is_null) options = PointerGetDatum(PG_DETOAST_DATUM_COPY(options));
  ReleaseSysCache(tuple);
  return is_null ? 0 : options;
}

std::string text_of(const std::vector<Option>& options, std::string_view name) {
  const std::string* value = find_option(options, name);
  return value == nullptr ? std::string() : *value;
}

bool needs_key(const std::vector<Option>& options, Protocol protocol) {
  bool needed = protocol != Protocol::builtin;
  if (const std::string* value = find_option(options, "requires_key"))
    parse_boolean(*value, needed);
  return needed;
}

std::string without_trailing_slash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

ProviderServer to_server(std::string_view name, Oid oid, const std::vector<Option>& options) {
  const std::optional<Protocol> protocol = parse_protocol(text_of(options, "protocol"));
  if (!protocol)
    throw Error(sqlstate::kInvalidParameterValue,
                "server \"" + std::string(name) + "\" has no usable option \"protocol\"");
  ProviderServer server;
  server.oid = oid;
  server.name = name;
  server.protocol = *protocol;
  server.base_url = without_trailing_slash(text_of(options, "base_url"));
  server.structured_output = parse_structured_output(text_of(options, "structured_output"))
                                 .value_or(StructuredOutput::none);
  server.max_concurrency = std::atoi(text_of(options, "max_concurrency").c_str());
  server.requests_per_minute = std::atoi(text_of(options, "requests_per_minute").c_str());
  server.tokens_per_minute = std::atoll(text_of(options, "tokens_per_minute").c_str());
  if (const std::string* value = find_option(options, "adaptive"))
    parse_boolean(*value, server.adaptive);
  server.max_model_len = std::atoll(text_of(options, "max_model_len").c_str());
  server.api_key_env = text_of(options, "api_key_env");
  server.api_key_file = text_of(options, "api_key_file");
  server.needs_key = needs_key(options, *protocol);
  return server;
}

std::optional<std::string> find_mapped_key(Oid role, Oid server) {
  const Datum mapping = PgCall([=] { return read_mapping(role, server); });
  if (mapping == 0) return std::nullopt;
  const std::vector<Option> options = to_options(mapping);
  const std::string* key = find_option(options, "api_key");
  return key == nullptr ? std::nullopt : std::optional(*key);
}

}  // namespace

ProviderServer find_provider_server(std::string_view name) {
  const std::string wanted(name);
  const ServerRow row = PgCall([&] {
    return read_server(pg_any_to_server(wanted.c_str(), static_cast<int>(wanted.size()), PG_UTF8));
  });
  if (!OidIsValid(row.oid))
    throw Error(sqlstate::kUndefinedObject, "server \"" + wanted + "\" does not exist", {},
                "CREATE SERVER ... FOREIGN DATA WRAPPER llm_provider makes one.");
  if (!row.is_provider)
    throw Error(sqlstate::kUndefinedObject,
                "server \"" + wanted + "\" is not of the foreign data wrapper llm_provider");
  return to_server(name, row.oid, to_options(row.options));
}

std::optional<std::string> find_api_key(const ProviderServer& server, Oid role) {
  if (std::optional<std::string> key = find_mapped_key(role, server.oid)) return key;
  if (std::optional<std::string> key = find_mapped_key(InvalidOid, server.oid)) return key;
  if (!server.api_key_env.empty())
    if (std::optional<std::string> key = read_key_variable(server.api_key_env)) return key;
  if (!server.api_key_file.empty()) return read_key_file(server.api_key_file);
  return std::nullopt;
}

}  // namespace llmw
