#include "options.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "text.hpp"

namespace llmw::sim {
namespace {

constexpr std::string_view kUsage =
    "llm_provider_sim: simulated OpenAI and Anthropic providers on 127.0.0.1\n"
    "  --port N         port to listen on, 0 = any free one (default 0)\n"
    "  --port-file F    write the port to F once the program listens\n"
    "  --bill F         append one line for each complete request to F\n"
    "  --requests F     append the body of each request to F, a line each\n"
    "  --reply-file F   answer with the text of F in place of the built-in document\n"
    "  --service-tier W say in each answer that it is billed by the tier W\n"
    "  --delay-ms N     wait before each answer (default 0)\n"
    "  --requests-per-minute N, --tokens-per-minute N\n"
    "                   of each prefix and model; more is answered with 429 (default 0: no limit)\n"
    "  --seed N         seed of random faults and delays (default 1)\n"
    "  --parent-pid N   end when process N no longer exists\n"
    "  --no-auth        do not ask for a key header\n";

[[noreturn]] void refuse(std::string_view why, std::string_view what) {
  std::fprintf(stderr, "llm_provider_sim: %.*s \"%.*s\"\n%.*s", static_cast<int>(why.size()),
               why.data(), static_cast<int>(what.size()), what.data(),
               static_cast<int>(kUsage.size()), kUsage.data());
  std::exit(2);
}

uint64_t number(std::string_view option, std::string_view text, uint64_t max) {
  uint64_t value = 0;
  if (!parse_number(text, max, &value)) refuse("invalid value of option", option);
  return value;
}

void set_option(Options& options, std::string_view name, std::string_view value) {
  if (name == "--port") {
    options.port = static_cast<uint16_t>(number(name, value, UINT16_MAX));
  } else if (name == "--port-file") {
    options.port_file = value;
  } else if (name == "--bill") {
    options.bill_file = value;
  } else if (name == "--requests") {
    options.request_file = value;
  } else if (name == "--reply-file") {
    options.reply_file = value;
  } else if (name == "--service-tier") {
    options.service_tier = value;
  } else if (name == "--delay-ms") {
    options.delay_ms = static_cast<uint32_t>(number(name, value, 86400000));
  } else if (name == "--requests-per-minute") {
    options.limits.requests_per_minute = number(name, value, kMaxPerMinute);
  } else if (name == "--tokens-per-minute") {
    options.limits.tokens_per_minute = number(name, value, kMaxPerMinute);
  } else if (name == "--seed") {
    options.seed = number(name, value, UINT64_MAX);
  } else if (name == "--parent-pid") {
    options.parent_pid = static_cast<int64_t>(number(name, value, INT32_MAX));
  } else {
    refuse("unknown option", name);
  }
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--help") {
      std::fwrite(kUsage.data(), 1, kUsage.size(), stdout);
      std::exit(0);
    }
    if (name == "--no-auth") {
      options.require_auth = false;
      continue;
    }
    if (i + 1 == argc) refuse("unknown option, or no value after", name);
    set_option(options, name, argv[++i]);
  }
  return options;
}

}  // namespace llmw::sim
