// Entry point of the simulated providers; README.md says what they do.
#include <sys/resource.h>

#include <cstdio>
#include <exception>

#include "options.hpp"
#include "provider.hpp"
#include "server.hpp"

namespace {

// Thousands of parked connections need as many file descriptors.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  const llmw::sim::Options options = llmw::sim::parse_options(argc, argv);
  try {
    raise_file_limit();
    llmw::sim::Provider provider(options);
    llmw::sim::Server server(options, &provider);
    server.run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "llm_provider_sim: %s\n", error.what());
    return 1;
  }
}
