#include "workflow.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "text.hpp"

namespace llmw::sim {
namespace {

// A step as it stands in the table. The numbers are those of other rows, from 1; 0 is none.
struct StepText {
  std::string_view text;
  std::string_view type;
  size_t after = 0;
  size_t also_after = 0;
};

struct StageText {
  std::string_view name;
  std::string_view text;
  std::string_view team;
  size_t after = 0;
  size_t also_after = 0;
  size_t parallel_with = 0;
};

constexpr StepText kSteps[] = {
    {"Read the orders that came in since the last run from the orders spreadsheet, oldest first",
     "api_call"},
    {"Drop rows without an order number, trim the names and bring all dates into ISO 8601 form",
     "transform", 1},
    {"Decide for each order whether it is a new order, a change of an earlier one or a complaint",
     "llm_decision", 2},
    {"If the order is a complaint, hand it to the support queue and leave the normal path",
     "conditional", 3},
    {"Look up the customer's record and open invoices in the customer database by e-mail address",
     "api_call", 3},
    {"Join order lines with the price list and compute net, tax and total amounts for each order",
     "transform", 2, 5},
    {"If the total is above the customer's credit limit, ask the sales team for an approval first",
     "conditional", 5, 6},
    {"Reserve the ordered articles in the warehouse system and note articles that are out of stock",
     "api_call", 7},
    {"Choose the replacement to offer for each missing article from the list of similar articles",
     "llm_decision", 8},
    {"Write the order summary with amounts, delivery date and replacements as a short message",
     "llm_decision", 6, 9},
    {"Send the order summary by e-mail to the customer and a copy to the responsible salesperson",
     "api_call", 10},
    {"Mark the processed orders in the spreadsheet and append one line for each to the run log",
     "transform", 4, 11},
};

constexpr StageText kStages[] = {
    {"Planning", "Turn the orders of the week into a plan of what is cut and sewn on which day",
     "Planning office"},
    {"Fabric", "Check the rolls of denim in stock, and order those that are short", "Purchasing",
     1},
    {"Cutting", "Spread the denim in layers, cut the panels and bundle them by size",
     "Cutting room", 2},
    {"Sewing", "Sew the bundles on the lines in the house", "Sewing lines", 3, 0, 5},
    {"Sewing outside", "Have subcontractors sew the bundles beyond our capacity", "Outside work", 3,
     0, 4},
    {"Finishing", "Wash, dry and press the garments, and put on buttons and labels",
     "Finishing hall", 4, 5},
    {"Inspection", "Inspect each garment and send those with faults back", "Quality control", 6},
    {"Packing", "Fold, bag and box the garments by order", "Packing", 7},
};

// One for each dimension, in the order in which they are asked for.
constexpr std::string_view kDimensions[][2] = {
    {"problem_analysis", "Orders are copied by hand from mails, so that some are late."},
    {"current_state", "Two people copy about ninety orders a day into the spreadsheet."},
    {"stakeholder_analysis", "Sales, the warehouse, and the customers who wait for an answer."},
    {"scope_and_constraints", "Orders that come by mail; the warehouse system stays as it is."},
    {"requirements_breakdown", "Each order is read, checked and answered within one hour."},
    {"data_and_integrations", "The mailbox, the customer database and the warehouse system."},
    {"solution_options", "Read the mails by rules, or have them read by a language model."},
    {"risk_assessment", "An order is read wrongly; the warehouse system is not reachable."},
    {"success_metrics", "Orders answered within one hour: 95 percent, from 60 today."},
    {"implementation_plan", "First read orders only, then reserve goods, at last answer."},
};

std::string item_id(Format format, size_t number) {
  return (format == Format::kStages ? "stage_" : "step_") + std::to_string(number);
}

std::string goods_of(std::string_view id) { return "goods_of_" + std::string(id); }

Item make_item(Format format, size_t number, const StepText& step) {
  Item item;
  item.id = item_id(format, number);
  item.text = step.text;
  item.type = step.type;
  for (const size_t before : {step.after, step.also_after}) {
    if (before > 0) item.depends_on.push_back(item_id(format, before));
  }
  return item;
}

Item make_stage(size_t number, const StageText& stage) {
  const std::string_view type = stage.parallel_with > 0 ? "parallel" : "sequential";
  Item item = make_item(Format::kStages, number, {stage.text, type, stage.after, stage.also_after});
  item.name = stage.name;
  item.team = stage.team;
  item.sequence = number;
  if (stage.parallel_with > 0) {
    item.parallel_with.push_back(item_id(Format::kStages, stage.parallel_with));
  }
  for (const std::string& before : item.depends_on) item.inputs.push_back(goods_of(before));
  item.outputs.push_back(goods_of(item.id));
  return item;
}

// Items beyond the table, of which there can be any number, check the one before.
Item good_item(Format format, size_t number) {
  const std::string before = item_id(format, number - 1);
  const std::string text = "Check the result of " + before + " and put right what is wrong";
  if (format == Format::kStages) {
    if (number <= std::size(kStages)) return make_stage(number, kStages[number - 1]);
    const std::string name = "Check " + std::to_string(number - 1);
    return make_stage(number, {name, text, "Quality control", number - 1});
  }
  if (number <= std::size(kSteps)) return make_item(format, number, kSteps[number - 1]);
  return make_item(format, number, {text, "transform", number - 1});
}

void append_key(std::string& out, std::string_view key) {
  if (out.back() != '{') out += ',';
  out += '"';
  out += key;
  out += "\":";
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  append_key(out, key);
  out += '"';
  append_escaped(out, text);
  out += '"';
}

void append_list(std::string& out, std::string_view key, const std::vector<std::string>& texts) {
  append_key(out, key);
  out += '[';
  for (const std::string& text : texts) {
    if (&text != &texts.front()) out += ',';
    out += '"';
    append_escaped(out, text);
    out += '"';
  }
  out += ']';
}

std::string step_text(const Item& item, std::string_view extra) {
  std::string out = "{";
  append_text(out, "id", item.id);
  if (!item.text.empty()) append_text(out, "operation", item.text);
  append_text(out, "step_type", item.type);
  append_list(out, "depends_on", item.depends_on);
  if (!item.service.empty()) append_text(out, "service", item.service);
  out += extra;
  return out + '}';
}

std::string stage_text(const Item& item, std::string_view extra) {
  std::string out = "{";
  append_text(out, "id", item.id);
  if (!item.name.empty()) append_text(out, "name", item.name);
  append_text(out, "description", item.text);
  append_text(out, "type", item.type);
  append_text(out, "team", item.team);
  append_list(out, "depends_on", item.depends_on);
  append_list(out, "parallel_with", item.parallel_with);
  append_key(out, "sequence");
  append_int(out, static_cast<int64_t>(item.sequence));
  append_list(out, "inputs", item.inputs);
  append_list(out, "outputs", item.outputs);
  if (!item.service.empty()) append_text(out, "service", item.service);
  out += extra;
  return out + '}';
}

// The waiting places before a stage, one for each stage before it.
void append_zones(std::string& out, const Item& item) {
  for (const std::string& before : item.depends_on) {
    if (out.back() != '[') out += ',';
    out += '{';
    append_text(out, "id", before + "_to_" + item.id);
    append_text(out, "from", before);
    append_text(out, "to", item.id);
    append_list(out, "payload", {goods_of(before)});
    append_key(out, "join");
    out += item.depends_on.size() > 1 ? R"("all")" : "null";
    append_text(out, "entry_condition", "The stage before is done");
    append_text(out, "exit_condition", "The team has room");
    append_text(out, "max_wait", "2 days");
    append_text(out, "owner", item.team);
    out += '}';
  }
}

void append_dimension(std::string& out, std::string_view key, std::string_view text) {
  append_key(out, key);
  out += '{';
  append_text(out, "summary", text);
  append_list(out, "findings", {std::string(text)});
  append_list(out, "open_questions", {"Who decides about this?"});
  out += '}';
}

// Returns whether all items were written: at the cut the text ends in the middle of one.
bool append_items(std::string& out, const Workflow& workflow, const Writing& writing) {
  for (size_t i = 0; i < workflow.items.size(); ++i) {
    const Item& item = workflow.items[i];
    const std::string_view extra = i == 0 ? writing.extra : "";
    const std::string text =
        workflow.format == Format::kStages ? stage_text(item, extra) : step_text(item, extra);
    if (i > 0) out += ',';
    out += i < writing.cut ? text : text.substr(0, text.size() / 2);
    if (i >= writing.cut) return false;
  }
  return true;
}

}  // namespace

size_t usual_size(Format format) {
  if (format == Format::kDiscovery) return 0;
  return format == Format::kStages ? std::size(kStages) : std::size(kSteps);
}

Workflow good_workflow(Format format, size_t size) {
  Workflow workflow;
  workflow.format = format;
  if (format == Format::kDiscovery) return workflow;
  for (size_t number = 1; number <= size; ++number) {
    workflow.items.push_back(good_item(format, number));
  }
  return workflow;
}

void keep_asked(Workflow& workflow, const Assignment& assignment) {
  if (assignment.scope != Scope::kRest && assignment.scope != Scope::kPart) return;
  const bool named = assignment.scope == Scope::kPart;
  workflow.with_zones = !named;
  std::erase_if(workflow.items, [&](const Item& item) {
    const bool found = std::ranges::find(assignment.ids, item.id) != assignment.ids.end();
    return found != named;
  });
}

std::string write(const Workflow& workflow, const Writing& writing) {
  std::string out = "{";
  if (workflow.explained) {
    append_text(out, "explanation", "The parts of the description follow each other in time.");
  }
  if (workflow.format == Format::kDiscovery) {
    for (const auto& [key, text] : kDimensions) append_dimension(out, key, text);
    return out + '}';
  }
  append_key(out, workflow.format == Format::kStages ? "stages" : "pilot_steps");
  out += '[';
  if (!append_items(out, workflow, writing)) return out;
  out += ']';
  if (workflow.format == Format::kStages) {
    append_key(out, "limbo_zones");
    out += '[';
    if (workflow.with_zones) {
      for (const Item& item : workflow.items) append_zones(out, item);
    }
    out += ']';
  }
  return out + '}';
}

std::string write_outline(const Workflow& workflow) {
  std::string out = R"({"outline":[)";
  for (const Item& item : workflow.items) {
    if (out.back() != '[') out += ',';
    out += '{';
    append_text(out, "id", item.id);
    append_text(out, "title", item.name.empty() ? item.text : item.name);
    out += '}';
  }
  return out + "]}";
}

}  // namespace llmw::sim
