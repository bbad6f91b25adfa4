// Runs the upstream JSON-Schema-Test-Suite, which is not part of this repository: `make
// conformance`.
//
//   json_schema SUITE draft7 98 draft2020-12 95
//
// SUITE is the folder that holds tests/draft7, remotes/ and their like; a number is the least share
// of required tests, in percent, that has to pass. A line for each test that fails, one for each
// draft, and an exit status of 1 when one is below its share. Each document is checked as a text,
// in pieces and as a tree, and the three must agree.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/json_value.hpp"
#include "core/schema.hpp"

namespace {

namespace fs = std::filesystem;
using llmw::JsonValue;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(2);
}

/// What stands in a test for \u0000, which our parser refuses as jsonb does: the test then fails,
/// but the file can be read.
constexpr std::string_view kNul = "\\u0001";

std::string read_text(const fs::path& path) {
  std::ostringstream stream;
  stream << std::ifstream(path).rdbuf();
  std::string text = stream.str();
  for (std::size_t at = 0; (at = text.find("\\u0000", at)) != std::string::npos;) {
    text.replace(at, kNul.size(), kNul);
  }
  return text;
}

JsonValue read_file(const fs::path& path) {
  const std::string text = read_text(path);
  JsonValue value;
  const llmw::JsonRead read = llmw::read_json_value(text, value);
  if (read.fault != llmw::JsonFault::none) die(path.string() + ": " + read.message);
  return value;
}

const JsonValue& member(const JsonValue& object, const char* key) {
  const JsonValue* found = object.find(key);
  if (found == nullptr) die(std::string("a test has no ") + key);
  return *found;
}

bool holds_in_pieces(const llmw::Schema& schema, const std::string& text) {
  llmw::SchemaValidator validator(schema, 1);
  for (const char& c : text) {
    if (!validator.feed({&c, 1})) return false;
  }
  return validator.finish();
}

/// "" when the document is judged as wanted, else what went wrong.
std::string judge(const llmw::Schema& schema, const JsonValue& document, bool wanted) {
  const std::string text = llmw::write_json(document);
  const bool whole = llmw::check_schema(schema, text).empty();
  if (whole != holds_in_pieces(schema, text)) return "in pieces it is judged otherwise";
  if (whole != llmw::check_schema(schema, document).empty()) return "a tree is judged otherwise";
  if (whole == wanted) return "";
  return wanted ? "refused: " + llmw::check_schema(schema, text).front().message : "accepted";
}

struct Tally {
  int passed = 0;
  int failed = 0;
};

void run_group(const std::string& file, const JsonValue& group, const llmw::SchemaOptions& options,
               Tally& tally) {
  std::shared_ptr<const llmw::Schema> schema;
  std::string fault;
  if (llmw::write_json(group).find(kNul) != std::string::npos) fault = "has a NUL character";
  try {
    schema = llmw::Schema::compile(llmw::write_json(member(group, "schema")), options);
  } catch (const llmw::Error& error) {
    fault = error.message();
  }
  for (const JsonValue& test : member(group, "tests").items) {
    const std::string why =
        fault.empty() ? judge(*schema, member(test, "data"), member(test, "valid").boolean) : fault;
    ++(why.empty() ? tally.passed : tally.failed);
    if (why.empty()) continue;
    std::printf("  %s: %s: %s: %s\n", file.c_str(), member(group, "description").text.c_str(),
                member(test, "description").text.c_str(), why.c_str());
  }
}

/// What the tests expect to find at http://localhost:1234/.
std::vector<llmw::SchemaDocument> read_remotes(const fs::path& folder, const std::string& draft) {
  std::vector<llmw::SchemaDocument> documents;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = fs::relative(entry.path(), folder).generic_string();
    const bool of_a_draft = name.starts_with("draft") || name.starts_with("v1/");
    const bool of_other_draft = of_a_draft && !name.starts_with(draft + "/");
    if (!entry.is_regular_file() || of_other_draft) continue;
    const std::string text = read_text(entry.path());
    // A document in a dialect of its own cannot be used.
    if (text.find("localhost:1234/" + draft + "/metaschema") != std::string::npos) continue;
    documents.push_back({"http://localhost:1234/" + name, text});
  }
  return documents;
}

/// Whether enough tests of the draft pass.
bool run_draft(const fs::path& suite, const std::string& draft, double least) {
  const fs::path folder = suite / "tests" / draft;
  if (!fs::is_directory(folder)) die("no folder " + folder.string());
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  llmw::SchemaOptions options;
  options.refuse_unknown_keywords = false;
  options.documents = read_remotes(suite / "remotes", draft);
  if (draft == "draft7") options.draft = llmw::SchemaOptions::Draft::draft_07;
  Tally tally;
  for (const fs::path& file : files) {
    for (const JsonValue& group : read_file(file).items) {
      run_group(file.stem().string(), group, options, tally);
    }
  }
  const int total = tally.passed + tally.failed;
  if (total == 0) die(folder.string() + " holds no tests");
  const double share = 100.0 * tally.passed / total;
  const bool enough = share >= least;
  std::printf("%s %s: %d of %d required tests pass, %.1f %% (wanted: %.1f %%)\n",
              enough ? "ok" : "FAILED", draft.c_str(), tally.passed, total, share, least);
  return enough;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4 || count % 2 != 0) die("usage: json_schema SUITE DRAFT LEAST_PERCENT ...");
  bool enough = true;
  for (int i = 2; i < count; i += 2) {
    enough = run_draft(arguments[1], arguments[i], std::atof(arguments[i + 1])) && enough;
  }
  return enough ? 0 : 1;
}
