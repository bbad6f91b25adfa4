// Answers as models give them (test/data/answers/README.md), each with what must come out of it.
// LLMW_ANSWERS_DIR names another folder of such cases.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "core/extract.hpp"
#include "flow_testing.hpp"

namespace llmw {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

fs::path answers_dir() {
  const char* chosen = std::getenv("LLMW_ANSWERS_DIR");
  return chosen != nullptr ? fs::path(chosen) : fs::path(LLMW_TEST_DIR) / "../data/answers";
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Misfit misfit_of(const std::shared_ptr<const Format>& format) {
  if (!format) return {};
  return [format](const JsonValue& document) {
    return check_schema(format->schema(), document).size();
  };
}

const char* to_string(ExtractStatus status) {
  switch (status) {
    case ExtractStatus::ok: return "ok";
    case ExtractStatus::truncated: return "truncated";
    case ExtractStatus::reject: return "reject";
  }
  return "";
}

/// What is wrong with a cut document; empty when what was complete is there.
std::string cut_difference(const Extracted& found, const Json& expected, const Format* format) {
  if (expected.contains("open_path") && found.open_path != expected["open_path"]) {
    return "open_path " + found.open_path + " instead of " + expected["open_path"].dump();
  }
  if (format == nullptr || !expected.contains("complete_items")) return {};
  int complete = count_items(format->rules(), found.document).value_or(0);
  // The item that was open is there too, as far as it was complete.
  if (found.open_path.starts_with('/' + format->rules().items + '/')) --complete;
  const int wanted = expected["complete_items"].get<int>();
  return complete == wanted
             ? std::string()
             : std::to_string(complete) + " complete items instead of " + std::to_string(wanted);
}

/// What is wrong with `found`; empty when it is as expected.
std::string difference(const Extracted& found, const Json& expected, const Format* format) {
  const std::string status = to_string(found.status);
  const Json accept = expected.value("accept", Json::array({expected.value("status", "")}));
  if (std::find(accept.begin(), accept.end(), status) == accept.end()) {
    return status + " instead of " + accept.dump() + ": " + found.message;
  }
  if (found.status == ExtractStatus::ok) {
    if (Json::parse(found.json) != Json::parse(write_json(found.document))) {
      return "json and document differ";
    }
    if (Json::parse(found.json) != expected.at("document")) return "silently wrong: " + found.json;
  }
  if (found.status == ExtractStatus::truncated) return cut_difference(found, expected, format);
  if (found.status != ExtractStatus::ok || format == nullptr || !expected.contains("valid"))
    return {};
  const bool valid = !has_errors(format->validate(found.document, {}));
  return valid == expected["valid"].get<bool>() ? "" : valid ? "valid" : "not valid";
}

TEST(Answers, EveryAnswerGivesWhatIsExpectedOfIt) {
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(answers_dir())) {
    if (entry.path().extension() == ".answer") cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  ASSERT_FALSE(cases.empty());
  std::map<std::string, std::pair<int, int>> right_of_all;
  for (const fs::path& path : cases) {
    const Json expected = Json::parse(read_file(fs::path(path).replace_extension(".json")));
    const Json name = expected.value("format", Json());
    const auto format = name.is_string() ? builtin_format(name.get<std::string>()) : nullptr;
    const Extracted found = extract_json(read_file(path), misfit_of(format));
    const std::string wrong = difference(found, expected, format.get());
    EXPECT_EQ(wrong, "") << path.filename();
    auto& [right, all] = right_of_all[expected.value("group", "")];
    right += wrong.empty() ? 1 : 0;
    ++all;
  }
  for (const auto& [group, count] : right_of_all) {
    RecordProperty(group, std::to_string(count.first) + "/" + std::to_string(count.second));
    std::printf("%s: %d of %d right\n", group.c_str(), count.first, count.second);
  }
}

}  // namespace
}  // namespace llmw
