// Renders a report without a server: JSON as workflow_report_data() makes it in, HTML out.
// test/browser opens its pages. usage: report_page <DATA.json >PAGE.html

#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "core/json_value.hpp"
#include "core/report.hpp"

int main() {
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  llmw::JsonValue data;
  const llmw::JsonRead read = llmw::read_json_value(text, data);
  if (read.fault != llmw::JsonFault::none) {
    std::fprintf(stderr, "report_page: %s\n", read.message.c_str());
    return 1;
  }
  std::cout << llmw::render_report(data);
}
