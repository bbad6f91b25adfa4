// The checks of the format `pilot`. Codes and their meanings are documented in docs/validation.md.

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/json.hpp"
#include "core/pilot.hpp"
#include "core/text.hpp"

namespace llmw {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxFindings = 100;
constexpr std::size_t kMaxShownBytes = 60;  ///< of a value that a message quotes
constexpr std::array<std::string_view, 4> kStepTypes = {"llm_decision", "transform", "conditional",
                                                        "api_call"};
constexpr std::string_view kStepTypeHint =
    "Use one of llm_decision, transform, conditional, api_call.";

std::string shown(const std::string& value) { return '"' + printable(value, kMaxShownBytes) + '"'; }

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

const Json* find_key(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member == object.end() ? nullptr : &*member;
}

/// What to say about a required text of a step.
struct TextRule {
  const char* key;
  const char* missing_code;
  const char* not_string_code;
  const char* empty_code;
  const char* hint;
};

constexpr TextRule kIdRule = {"id", "step_id_missing", "step_id_not_string", "step_id_empty",
                              "Give each step a short id that no other step has."};
constexpr TextRule kOperationRule = {"operation", "step_operation_missing",
                                     "step_operation_not_string", "step_operation_empty",
                                     "Say in one sentence what the step does."};

class PilotChecks {
 public:
  explicit PilotChecks(const std::vector<std::string>& services) : services_(services) {}

  std::vector<Finding> run(const Json& document) {
    if (const Json* steps = find_steps(document)) check_steps(*steps);
    const std::size_t room = kMaxFindings - errors_.size();
    const std::size_t kept = std::min(room, warnings_.size());
    std::move(warnings_.begin(), warnings_.begin() + static_cast<std::ptrdiff_t>(kept),
              std::back_inserter(errors_));
    return std::move(errors_);
  }

 private:
  void error(const char* code, std::string path, std::string message, std::string_view hint) {
    if (errors_.size() >= kMaxFindings) return;
    errors_.push_back(
        {code, Severity::error, std::move(path), std::move(message), std::string(hint)});
  }

  void warning(const char* code, std::string path, std::string message, std::string_view hint) {
    if (warnings_.size() >= kMaxFindings) return;
    warnings_.push_back(
        {code, Severity::warning, std::move(path), std::move(message), std::string(hint)});
  }

  const Json* find_steps(const Json& document) {
    constexpr std::string_view kHint = "Put the steps into an array under the key pilot_steps.";
    if (!document.is_object()) {
      error("not_an_object", "", "the document is not a JSON object", kHint);
      return nullptr;
    }
    const Json* steps = find_key(document, "pilot_steps");
    if (steps == nullptr) {
      error("pilot_steps_missing", "", "the document has no key pilot_steps", kHint);
    } else if (!steps->is_array()) {
      error("pilot_steps_not_array", "/pilot_steps", "pilot_steps is not an array", kHint);
      steps = nullptr;
    }
    return steps;
  }

  void check_steps(const Json& steps) {
    if (steps.empty() || steps.size() > kMaxPilotSteps) {
      error("step_count_out_of_range", "/pilot_steps",
            "the workflow has " + std::to_string(steps.size()) + " steps",
            "A workflow has 1 to " + std::to_string(kMaxPilotSteps) + " steps.");
    }
    collect_ids(steps);
    for (std::size_t i = 0; i < steps.size() && errors_.size() < kMaxFindings; ++i) {
      check_step(steps[i], "/pilot_steps/" + std::to_string(i));
    }
  }

  void collect_ids(const Json& steps) {
    for (const Json& step : steps) {
      if (!step.is_object()) continue;
      const Json* id = find_key(step, "id");
      if (id != nullptr && id->is_string()) ids_.insert(id->get_ref<const std::string&>());
    }
  }

  void check_step(const Json& step, const std::string& path) {
    if (!step.is_object()) {
      error("step_not_an_object", path, "the step is not a JSON object",
            "Write each step as an object with id, operation and step_type.");
      return;
    }
    check_id(step, path);
    check_text(step, path, kOperationRule);
    check_type(step, path);
    check_depends_on(step, path);
    check_service(step, path);
  }

  /// The text that `rule` asks for, or null after saying what is wrong with it.
  const std::string* check_text(const Json& step, const std::string& path, const TextRule& rule) {
    const Json* value = find_key(step, rule.key);
    const std::string key = rule.key;
    if (value == nullptr) {
      error(rule.missing_code, path, "the step has no " + key, rule.hint);
      return nullptr;
    }
    if (!value->is_string()) {
      error(rule.not_string_code, path + '/' + key, "the step's " + key + " is not a string",
            rule.hint);
      return nullptr;
    }
    const auto& text = value->get_ref<const std::string&>();
    if (is_blank(text)) {
      error(rule.empty_code, path + '/' + key, "the step's " + key + " is empty", rule.hint);
      return nullptr;
    }
    return &text;
  }

  void check_id(const Json& step, const std::string& path) {
    const std::string* id = check_text(step, path, kIdRule);
    if (id == nullptr || seen_ids_.insert(*id).second) return;
    error("step_id_duplicate", path + "/id", "an earlier step has the id " + shown(*id) + " too",
          kIdRule.hint);
  }

  void check_type(const Json& step, const std::string& path) {
    const Json* type = find_key(step, "step_type");
    if (type == nullptr) {
      error("step_type_missing", path, "the step has no step_type", kStepTypeHint);
      return;
    }
    const std::string path_of_type = path + "/step_type";
    if (!type->is_string()) {
      error("step_type_unknown", path_of_type, "the step's step_type is not a string",
            kStepTypeHint);
      return;
    }
    const auto& name = type->get_ref<const std::string&>();
    if (std::find(kStepTypes.begin(), kStepTypes.end(), name) != kStepTypes.end()) return;
    error("step_type_unknown", path_of_type, "there is no step_type " + shown(name), kStepTypeHint);
  }

  /// Absent and null both say that the step depends on nothing.
  void check_depends_on(const Json& step, const std::string& path) {
    const Json* list = find_member(step, "depends_on");
    if (list == nullptr) return;
    const bool fits =
        list->is_array() &&
        std::all_of(list->begin(), list->end(), [](const Json& id) { return id.is_string(); });
    if (!fits) {
      error("step_depends_on_invalid", path + "/depends_on",
            "depends_on is not an array of strings",
            "List the ids of the steps that must finish first, or [].");
      return;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto& id = (*list)[i].get_ref<const std::string&>();
      if (ids_.count(id) != 0) continue;
      warning("step_depends_on_unknown", path + "/depends_on/" + std::to_string(i),
              "no step has the id " + shown(id), "Name a step of this workflow.");
    }
  }

  void check_service(const Json& step, const std::string& path) {
    const Json* service = find_member(step, "service");
    if (services_.empty() || service == nullptr) return;
    const bool known = service->is_string() &&
                       std::find(services_.begin(), services_.end(),
                                 service->get_ref<const std::string&>()) != services_.end();
    if (known) return;
    const std::string message =
        service->is_string()
            ? "the service " + shown(service->get_ref<const std::string&>()) + " was not given"
            : "the step's service is not a string";
    warning("service_unknown", path + "/service", message,
            "Use one of the services that the request names, or null.");
  }

  const std::vector<std::string>& services_;
  std::set<std::string_view> ids_;       ///< of all steps
  std::set<std::string_view> seen_ids_;  ///< of the steps checked so far
  std::vector<Finding> errors_;
  std::vector<Finding> warnings_;
};

}  // namespace

std::vector<Finding> validate_pilot(const nlohmann::json& document,
                                    const std::vector<std::string>& services) {
  return PilotChecks(services).run(document);
}

int count_pilot_steps(const nlohmann::json& document) {
  const Json* steps = find_member(document, "pilot_steps");
  return steps != nullptr && steps->is_array() ? static_cast<int>(steps->size()) : 0;
}

}  // namespace llmw
