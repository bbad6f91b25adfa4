#include "core/answer_form.hpp"

#include <algorithm>
#include <utility>

#include "core/answer_form_shape.hpp"

namespace llmw {
namespace {

constexpr std::string_view kExplanation = "explanation";

// Every word of these is paid for on every call; a line break and an indentation too.
constexpr std::string_view kShape = "Write the JSON on one line without spaces between its parts. ";
constexpr std::string_view kMachineStyle = "Keep texts short. No explanations, no comments.\n";
constexpr std::string_view kDebugStyle =
    "Begin the object with \"explanation\": a few sentences on why you answer so.\n";

}  // namespace

AnswerForm::AnswerForm(const JsonValue& schema, bool compact, ResponseMode mode) {
  detail::Shape shape = detail::read_shape(schema);
  const bool is_debug = mode == ResponseMode::human_debug;
  explains_ = is_debug && !shape.at(0).index.contains(kExplanation);
  if (compact) {
    detail::Shape shorter = shape;
    detail::make_compact(shorter, kExplanation);
    instructions_ = detail::write_legend(shorter);
    if (!instructions_.empty()) shape = std::move(shorter);
  }
  instructions_ += kShape;
  instructions_ += is_debug ? kDebugStyle : kMachineStyle;
  detail::ProviderSchema provider = detail::write_provider_schema(shape, explains_);
  provider_schema_ = std::move(provider.text);
  suits_anthropic_ = provider.suits_anthropic;
  shape_ = std::make_shared<const detail::Shape>(std::move(shape));
}

JsonValue AnswerForm::expand(JsonValue answer) const {
  return detail::expand_value(*shape_, std::move(answer));
}

JsonValue AnswerForm::shorten(JsonValue document) const {
  return detail::shorten_value(*shape_, std::move(document));
}

std::string AnswerForm::take_explanation(JsonValue& document) const {
  if (!explains_ || document.find(kExplanation) == nullptr) return {};
  const auto member =
      std::find_if(document.members.begin(), document.members.end(),
                   [](const JsonValue::Member& m) { return m.first == kExplanation; });
  const JsonValue value = std::move(member->second);
  document.members.erase(member);
  if (value.is_null()) return {};
  return json_quote(value.is_string() ? value.text : write_json(value));
}

}  // namespace llmw
