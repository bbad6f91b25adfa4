// The built-in draft: what a reader of the description would expect to find in the document.

#include "core/draft.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "rules_testing.hpp"

namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

json draft(std::string_view description, const Texts& services = {}) {
  return json::parse(llmw::draft_workflow(description, services));
}

bool is_id(const std::string& id) {
  return !id.empty() && id.size() <= 48 &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

/// What pilot validation asks for, and that steps depend on steps before them only.
void expect_valid(const json& document) {
  static const std::set<std::string> kTypes = {"llm_decision", "transform", "conditional",
                                               "api_call"};
  EXPECT_EQ(llmw::lines_of(
                llmw::check_rules(llmw::builtin_rules("pilot"), llmw::parsed(document.dump()), {})),
            llmw::Lines{})
      << document;
  ASSERT_TRUE(document.at("pilot_steps").is_array());
  const json& steps = document["pilot_steps"];
  ASSERT_GE(steps.size(), 1U);
  ASSERT_LE(steps.size(), 50U);
  std::set<std::string> seen;
  for (const json& step : steps) {
    const std::string id = step.at("id");
    EXPECT_TRUE(is_id(id)) << id;
    EXPECT_TRUE(step.at("operation").is_string());
    EXPECT_FALSE(step["operation"].get<std::string>().empty());
    EXPECT_EQ(step["operation"].get<std::string>().find('\0'), std::string::npos);
    EXPECT_TRUE(kTypes.contains(step.at("step_type").get<std::string>()));
    for (const json& other : step.at("depends_on"))
      EXPECT_TRUE(seen.contains(other.get<std::string>())) << id << " waits for a later step";
    EXPECT_TRUE(seen.insert(id).second) << "twice: " << id;
  }
}

/// One step as the tables below write it: "type | operation | depends on these numbers".
std::string line_of(const json& steps, std::size_t index) {
  const json& step = steps[index];
  std::string type = step["step_type"];
  type = type == "llm_decision" ? "decide" : type == "api_call" ? "call" : type;
  std::string line = type + " | " + step["operation"].get<std::string>() + " |";
  for (const json& other : step["depends_on"])
    for (std::size_t i = 0; i < index; ++i)
      if (steps[i]["id"] == other) line += " " + std::to_string(i + 1);
  return line;
}

Texts lines_of(const json& document) {
  Texts lines;
  for (std::size_t i = 0; i < document["pilot_steps"].size(); ++i)
    lines.push_back(line_of(document["pilot_steps"], i));
  return lines;
}

Texts operations_of(const json& document) {
  Texts operations;
  for (const json& step : document["pilot_steps"]) operations.push_back(step["operation"]);
  return operations;
}

json step_named(const json& document, const std::string& operation) {
  for (const json& step : document["pilot_steps"])
    if (step["operation"] == operation) return step;
  ADD_FAILURE() << "no step: " << operation << " in " << document.dump();
  return json::object();
}

struct Sentence {
  const char* name;
  const char* description;
  Texts steps;
};

void PrintTo(const Sentence& sentence, std::ostream* out) { *out << sentence.name; }

class DraftFindsEveryAction : public testing::TestWithParam<Sentence> {};

TEST_P(DraftFindsEveryAction, OnceInOrderWithTypeAndDependencies) {
  const json document = draft(GetParam().description);
  expect_valid(document);
  EXPECT_EQ(lines_of(document), GetParam().steps);
}

const Sentence kSentences[] = {
    {"orders",
     "Process customer orders and send summary emails",
     {"transform | Process customer orders |", "call | Send summary emails | 1"}},
    {"factory",
     "We run a denim factory with cutting sewing packing and finishing in house, and we also use "
     "subcontractors...",
     {"transform | Cut |", "transform | Sew | 1", "transform | Pack | 2", "transform | Finish | 3",
      "decide | Coordinate subcontractors | 4"}},
    {"invoices",
     "When a new invoice arrives by email, extract the total and the due date, check it against "
     "the purchase order, and if the amount is over $500, ask the manager for approval; otherwise "
     "pay it and log the payment.",
     {"conditional | Check whether a new invoice arrives by email |",
      "decide | Extract the total and the due date | 1",
      "decide | Check the new invoice against the purchase order | 1 2",
      "conditional | Check whether the amount is over $500 | 3",
      "call | Ask the manager for approval | 4", "call | Pay the new invoice | 4",
      "call | Log the payment | 4 6"}},
    {"onboarding",
     "Onboard new employees: create their accounts, assign a buddy, schedule a welcome meeting "
     "and send them the handbook before their first day.",
     {"call | Onboard new employees |", "call | Create their accounts | 1",
      "call | Assign a buddy | 2", "call | Schedule a welcome meeting | 3",
      "call | Send them the handbook before their first day | 4"}},
    {"triage",
     "Triage support tickets. Classify each ticket by urgency. If it is urgent, escalate it to "
     "the on-call engineer, otherwise reply with a template and close the ticket.",
     {"decide | Triage support tickets |", "decide | Classify each ticket by urgency | 1",
      "conditional | Check whether it is urgent | 2",
      "call | Escalate the ticket to the on-call engineer | 3", "call | Reply with a template | 3",
      "call | Close the ticket | 3 5"}},
    {"lead_scoring",
     "When a lead fills out the form on our website, we enrich the contact with company data, "
     "score it from 1 to 100, and if the score is above 70 we create a deal and notify the sales "
     "team.",
     {"conditional | Check whether a lead fills out the form on our website |",
      "transform | Enrich the contact with company data | 1",
      "decide | Score the contact from 1 to 100 | 1 2",
      "conditional | Check whether the score is above 70 | 3", "call | Create a deal | 4",
      "call | Notify the sales team | 4 5"}},
    {"weekly_report",
     "Every Monday at 9am, fetch sales data from Salesforce, calculate weekly totals, and post a "
     "summary to the #sales channel in Slack.",
     {"call | Fetch sales data from Salesforce |", "transform | Calculate weekly totals | 1",
      "call | Post a summary to the #sales channel in Slack | 2"}},
    {"refunds",
     "The customer requests a refund. Our support team checks the order. If the refund is under "
     "$50.00 it is approved automatically; otherwise the finance manager approves or rejects it. "
     "Then the refund is issued by the billing system and the customer is notified.",
     {"call | Request a refund |", "decide | Check the order | 1",
      "conditional | Check whether the refund is under $50.00 | 2",
      "decide | Approve the refund automatically | 3", "decide | Approve or reject the refund | 3",
      "call | Issue the refund | 4 5", "call | Notify the customer | 6"}},
    {"numbered_list",
     "1. Receive the order\n2. Check stock\n3. Pick, pack and ship the goods\n4. Send the invoice",
     {"call | Receive the order |", "decide | Check stock | 1", "call | Pick the goods | 2",
      "transform | Pack the goods | 3", "call | Ship the goods | 4",
      "call | Send the invoice | 5"}},
    {"passive",
     "Invoices are received by email, entered into the system by the accounting clerk, approved by "
     "the manager and paid within 30 days.",
     {"call | Receive invoices by email |", "call | Enter invoices into the system | 1",
      "decide | Approve invoices | 2", "call | Pay invoices within 30 days | 3"}},
    {"expenses",
     "Employees submit expense reports. Managers approve reports under $100 automatically. Reports "
     "over $100 require CFO approval. Accounting reimburses the employee.",
     {"call | Submit expense reports |", "decide | Approve reports under $100 automatically | 1",
      "decide | Approve reports over $100 | 2", "call | Reimburse the employee | 3"}},
    {"hospital",
     "A nurse registers the patient. The doctor examines the patient and prescribes medication. If "
     "a blood test is needed, the lab takes a sample and sends the results to the doctor.",
     {"call | Register the patient |", "decide | Examine the patient | 1",
      "decide | Prescribe medication | 2", "conditional | Check whether a blood test is needed | 3",
      "call | Take a sample | 4", "call | Send the results to the doctor | 4 5"}},
    {"wanted_workflow",
     "I need a workflow that reads my unread emails, summarises them and sends me a daily digest.",
     {"call | Read my unread emails |", "decide | Summarise my unread emails | 1",
      "call | Send me a daily digest | 2"}},
    {"textile_passive",
     "Raw cotton is spun, dyed, woven and cut; finished goods are inspected before shipping.",
     {"transform | Spin raw cotton |", "transform | Dye raw cotton | 1",
      "transform | Weave raw cotton | 2", "transform | Cut raw cotton | 3",
      "decide | Inspect finished goods | 4", "call | Ship | 5"}},
    {"trailing_unless",
     "Score incoming leads, and assign hot leads to a sales rep unless they are already customers.",
     {"decide | Score incoming leads |",
      "conditional | Check whether they are already customers | 1",
      "call | Assign hot leads to a sales rep | 2"}},
};

INSTANTIATE_TEST_SUITE_P(Sentences, DraftFindsEveryAction, testing::ValuesIn(kSentences),
                         [](const auto& info) { return std::string(info.param.name); });

struct Grammar {
  const char* name;
  const char* description;
  Texts operations;
};

void PrintTo(const Grammar& grammar, std::ostream* out) { *out << grammar.name; }

class DraftReadsGrammar : public testing::TestWithParam<Grammar> {};

TEST_P(DraftReadsGrammar, AsAReaderWould) {
  const json document = draft(GetParam().description);
  expect_valid(document);
  EXPECT_EQ(operations_of(document), GetParam().operations);
}

const Grammar kGrammar[] = {
    {"and_between_nouns", "Update the website and the blog.", {"Update the website and the blog"}},
    {"noun_verbs_in_a_list",
     "Collect names, email addresses and phone numbers, then validate them.",
     {"Collect names, email addresses and phone numbers",
      "Validate names, email addresses and phone numbers"}},
    {"noun_verb_after_and_with_article",
     "Log the issue and email the customer.",
     {"Log the issue", "Email the customer"}},
    {"third_person_chain",
     "Our warehouse team picks, packs and ships orders.",
     {"Pick orders", "Pack orders", "Ship orders"}},
    {"noun_as_subject", "Customer emails are read by an agent.", {"Read customer emails"}},
    {"modal",
     "The finance team must approve every invoice and the CEO must sign it.",
     {"Approve every invoice", "Sign the invoice"}},
    {"question",
     "Can you please download all attachments and rename them by date?",
     {"Download all attachments", "Rename all attachments by date"}},
    {"complement_is_no_condition",
     "Check if the order is valid and notify finance.",
     {"Check if the order is valid", "Notify finance"}},
    {"or_is_one_decision",
     "The manager approves or rejects the request.",
     {"Approve or reject the request"}},
    {"gerunds",
     "Cutting the fabric, sewing the pieces together and packing the jeans",
     {"Cut the fabric", "Sew the pieces together", "Pack the jeans"}},
    {"nominal_processes", "We have cutting and sewing.", {"Cut", "Sew"}},
    {"noun_list",
     "Order processing, invoice approval, shipping",
     {"Process order", "Approve invoice", "Ship"}},
    {"noun_items",
     "Workflow:\n- Receive application\n- Credit check\n- Approval by the manager",
     {"Receive application", "Check credit", "Approve"}},
    {"arrows",
     "Order received -> stock checked -> package shipped",
     {"Receive order", "Check stock", "Ship package"}},
    {"lines", "cut\nsew\npack", {"Cut", "Sew", "Pack"}},
    {"steps_with_numbers",
     "Step 1: collect feedback. Step 2: group it.",
     {"Collect feedback", "Group feedback"}},
    {"inline_numbers",
     "1) gather requirements 2) build a prototype 3) present it",
     {"Gather requirements", "Build a prototype", "Present the prototype"}},
    {"before_leading", "Before shipping, inspect the goods.", {"Inspect the goods", "Ship"}},
    {"before_known",
     "Pack and ship the goods. Before shipping, check the address.",
     {"Pack the goods", "Check the address", "Ship the goods"}},
    {"after_trailing",
     "Update the CRM after calling the customer.",
     {"Call the customer", "Update the CRM"}},
    {"after_leading",
     "After the contract is signed, create a project folder.",
     {"Sign the contract", "Create a project folder"}},
    {"once_known",
     "The manager approves the request. HR updates the calendar once it is approved.",
     {"Approve the request", "Update the calendar"}},
    {"but_first",
     "Send the invoice, but first check the total.",
     {"Check the total", "Send the invoice"}},
    {"ordinals",
     "First, gather requirements. Second, build a prototype. Finally, present it.",
     {"Gather requirements", "Build a prototype", "Present the prototype"}},
    {"causative",
     "Have the manager review the draft, then publish it.",
     {"Review the draft", "Publish the draft"}},
    {"purpose",
     "To onboard a new client, collect the documents and verify the identity.",
     {"Collect the documents", "Verify the identity"}},
    {"infinitive_object",
     "Ask the manager to approve the order.",
     {"Ask the manager to approve the order"}},
    {"means",
     "Use OpenAI to summarize the article and post the summary.",
     {"Summarize the article using OpenAI", "Post the summary"}},
    {"lead_in",
     "For each order over $1,000, request approval, then invoice the customer.",
     {"Request approval for each order over $1,000", "Invoice the customer"}},
    {"capitals",
     "PROCESS ALL ORDERS AND EMAIL THE CUSTOMER",
     {"Process all orders", "Email the customer"}},
    {"unknown_verbs",
     "Deburr the edges, then we anodize the parts and kitz the boxes.",
     {"Deburr the edges", "Anodize the parts", "Kitz the boxes"}},
    {"quotation_is_a_noun",
     "Send a \"cut and sew\" kit to the client.",
     {"Send a \"cut and sew\" kit to the client"}},
    {"quoted_text", "\"Process orders and send emails.\"", {"Process orders", "Send emails"}},
    {"dots_that_end_nothing",
     "Email Mr. Smith at john.smith@example.com, e.g. about 3.5 hours, and read "
     "https://example.com/a.b?c=d. Then archive the thread.",
     {"Email Mr. Smith at john.smith@example.com, e.g. about 3.5 hours",
      "Read https://example.com/a.b?c=d", "Archive the thread"}},
};

INSTANTIATE_TEST_SUITE_P(Grammar, DraftReadsGrammar, testing::ValuesIn(kGrammar),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Draft, NamesIdsAfterVerbAndObject) {
  const json document = draft("Process customer orders and send summary emails");
  EXPECT_EQ(document["pilot_steps"][1]["id"], "send_summary_emails");
  const json twice = draft("Send an email. Wait 3 days. Send an email.");
  EXPECT_EQ(twice["pilot_steps"][0]["id"], "send_email");
  EXPECT_EQ(twice["pilot_steps"][2]["id"], "send_email_2");
}

TEST(Draft, GivesServicesToTheStepsThatUseThem) {
  const Texts services = {"google-mail", "google-sheets", "slack", "stripe", "salesforce"};
  const json document = draft(
      "Read invoices from Gmail. Charge the customer. Add a row to the spreadsheet. Post the total "
      "in the finance channel. Update the lead in Salesforce. Send summary emails.",
      services);
  Texts used;
  for (const json& step : document["pilot_steps"]) {
    used.push_back(step.value("service", ""));
    EXPECT_EQ(step["step_type"], "api_call") << step;
  }
  EXPECT_EQ(used, (Texts{"google-mail", "stripe", "google-sheets", "slack", "salesforce",
                         "google-mail"}));
}

TEST(Draft, TakesThePlaceForTheServiceNotTheThingThatLiesThere) {
  const json document = draft("Read new leads from the spreadsheet", {"hubspot", "google-sheets"});
  EXPECT_EQ(document["pilot_steps"][0]["service"], "google-sheets");
}

TEST(Draft, GivesNoServiceThatWasNotOffered) {
  const json none = draft("Send summary emails and log the result in the sheet.");
  for (const json& step : none["pilot_steps"]) EXPECT_FALSE(step.contains("service")) << step;
  const json other = draft("Create a deal in HubSpot.", {"salesforce"});
  EXPECT_FALSE(other["pilot_steps"][0].contains("service"));
}

TEST(Draft, KeepsDecisionsAsDecisionsAmongServices) {
  const json document = draft("Classify incoming emails.", {"google-mail"});
  EXPECT_EQ(document["pilot_steps"][0]["step_type"], "llm_decision");
  EXPECT_FALSE(document["pilot_steps"][0].contains("service"));
}

TEST(Draft, TellsWhoActs) {
  const json document = draft(
      "The manager approves the request. Invoices are paid by the finance team. Reports are sent "
      "by email. We archive the file.");
  EXPECT_EQ(step_named(document, "Approve the request")["actor"], "manager");
  EXPECT_EQ(step_named(document, "Pay invoices")["actor"], "finance team");
  EXPECT_FALSE(step_named(document, "Send reports by email").contains("actor"));
  EXPECT_FALSE(step_named(document, "Archive the file").contains("actor"));
}

TEST(Draft, KeepsTheTextOfConditions) {
  const json document = draft(
      "If the total is over $500, ask the manager; otherwise pay the invoice. Ship the box unless "
      "it is empty.");
  EXPECT_EQ(step_named(document, "Ask the manager")["condition"], "if the total is over $500");
  EXPECT_EQ(step_named(document, "Pay the invoice")["condition"], "otherwise");
  EXPECT_EQ(step_named(document, "Ship the box")["condition"], "unless it is empty");
  EXPECT_EQ(step_named(document, "Check whether the total is over $500")["condition"],
            "the total is over $500");
}

TEST(Draft, JoinsBothBranchesAfterOtherwise) {
  const json document =
      draft("If the part is good, pack it. Otherwise, scrap the part. Then update the log.");
  EXPECT_EQ(lines_of(document), (Texts{"conditional | Check whether the part is good |",
                                       "transform | Pack the part | 1", "call | Scrap the part | 1",
                                       "call | Update the log | 2 3"}));
}

TEST(Draft, AsksElseIfOnlyAfterTheFirstCondition) {
  const json document = draft(
      "If the ticket is urgent, page the engineer. Otherwise, if the ticket is a bug, create an "
      "issue. Otherwise, close the ticket.");
  EXPECT_EQ(
      lines_of(document),
      (Texts{"conditional | Check whether the ticket is urgent |", "call | Page the engineer | 1",
             "conditional | Check whether the ticket is a bug | 1", "call | Create an issue | 3",
             "call | Close the ticket | 3"}));
}

TEST(Draft, LetsParallelActionsStartTogether) {
  const json sentence = draft(
      "After the contract is signed, create a folder, notify the team and, at the same time, "
      "update the CRM. Then call the client.");
  EXPECT_EQ(lines_of(sentence), (Texts{"call | Sign the contract |", "call | Create a folder | 1",
                                       "call | Notify the team | 2", "call | Update the CRM | 2",
                                       "call | Call the client | 3 4"}));
  const json meanwhile = draft("Print the label. Meanwhile, pack the box.");
  EXPECT_TRUE(meanwhile["pilot_steps"][1]["depends_on"].empty());
}

TEST(Draft, TakesSchedulesOutOfOperations) {
  for (const char* text : {"Every Monday at 9am, fetch the data and send the report.",
                           "Fetch the data every Monday at 9am and send the report.",
                           "Fetch the data and send the report every Monday at 9am."}) {
    const json document = draft(text);
    EXPECT_EQ(operations_of(document), (Texts{"Fetch the data", "Send the report"})) << text;
    const std::string schedule = document["pilot_steps"][0].value("schedule", "");
    EXPECT_EQ(schedule.substr(1), "very Monday at 9am") << text;
  }
  const json noun = draft("Generate weekly reports.");
  EXPECT_EQ(operations_of(noun), Texts{"Generate weekly reports"});
  EXPECT_FALSE(noun["pilot_steps"][0].contains("schedule"));
}

TEST(Draft, MakesNoActionOfAProhibition) {
  for (const char* text :
       {"Do not email customers. Reset the password.", "Never email customers. Reset the password.",
        "Don't email customers. Reset the password."}) {
    const json document = draft(text);
    EXPECT_EQ(operations_of(document), Texts{"Reset the password"}) << text;
    const std::string constraint = document["pilot_steps"][0].value("constraint", "");
    EXPECT_NE(constraint.find("email customers"), std::string::npos) << text;
  }
}

TEST(Draft, DecidesWhenNothingIsRecognised) {
  for (const char* text :
       {"", "   ", "Hello", "\xF0\x9F\x8E\x89\xF0\x9F\x8E\x89", "12345", "...",
        "The report is late.", "Procesar los pedidos de los clientes y enviar correos de resumen",
        "Die Bestellungen werden mit dem System und der Export geprüft"}) {
    const json document = draft(text);
    expect_valid(document);
    ASSERT_EQ(document["pilot_steps"].size(), 1U) << text;
    EXPECT_EQ(document["pilot_steps"][0]["step_type"], "llm_decision") << text;
    EXPECT_EQ(document["pilot_steps"][0]["operation"].get<std::string>().rfind("Decide how", 0),
              0U);
  }
}

TEST(Draft, GivesTheSameBytesForTheSameInput) {
  for (const Sentence& sentence : kSentences) {
    const Texts services = {"slack", "stripe"};
    EXPECT_EQ(llmw::draft_workflow(sentence.description, services),
              llmw::draft_workflow(sentence.description, services));
  }
}

TEST(Draft, WritesCompactJsonWithStepsOnly) {
  const std::string text = llmw::draft_workflow("Send the mail", {});
  EXPECT_EQ(text, R"({"pilot_steps":[{"id":"send_mail","operation":"Send the mail",)"
                  R"("step_type":"api_call","depends_on":[]}]})");
}

}  // namespace
