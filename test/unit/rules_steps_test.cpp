// Steps as a flow: references, circles, entries, branches, data, services, order (E06-E12, W02-W05,
// W07).

#include <gtest/gtest.h>

#include <ctime>

#include "core/rules.hpp"
#include "core/rules_graph.hpp"
#include "rules_testing.hpp"

namespace llmw {
namespace {

/// One step: id, type by its first letter (a call, d decision, t transform, c conditional), and
/// further members.
std::string step(const std::string& id, char type, const std::string& more = "") {
  const char* name = type == 'a'   ? "api_call"
                     : type == 'd' ? "llm_decision"
                     : type == 'c' ? "conditional"
                                   : "transform";
  return R"({"id":")" + id + R"(","operation":"Do )" + id + R"(","step_type":")" + name + '"' +
         (more.empty() ? "" : ',' + more) + '}';
}

std::string pilot(const std::vector<std::string>& steps) {
  std::string text = R"({"pilot_steps":[)";
  for (std::size_t i = 0; i < steps.size(); ++i) text += (i == 0 ? "" : ",") + steps[i];
  return text + "]}";
}

std::string after(const std::string& ids) { return R"("depends_on":[)" + ids + ']'; }

std::string in_out(const std::string& in, const std::string& out) {
  return R"("inputs":[)" + in + R"(],"outputs":[)" + out + ']';
}

/// Branches of a conditional: "yes" leads to `yes`, else to `other`. An empty id ends the flow.
std::string fork(const std::string& yes, const std::string& other) {
  const auto target = [](const std::string& id) { return id.empty() ? "null" : '"' + id + '"'; };
  return R"("branches":[{"when":"yes","next":)" + target(yes) + R"(},{"when":"else","next":)" +
         target(other) + "}]";
}

std::string branches(const std::string& first, const std::string& second) {
  return R"("branches":[{"when":")" + first + R"(","next":"b"},{"when":")" + second +
         R"(","next":"c"}])";
}

/// a forks to b and c.
std::string forked(char type, const std::string& more) {
  return pilot(
      {step("a", type, more), step("b", 't', after("\"a\"")), step("c", 't', after("\"a\""))});
}

std::vector<RuleCase> reference_cases() {
  return {
      {"E06", "/pilot_steps/1/depends_on/1",
       pilot({step("a", 't'), step("b", 't', after(R"("a","A")"))}),
       pilot({step("a", 't'), step("b", 't', after(R"("a","a")"))})},
      {"E06", "/pilot_steps/0/branches/1/next",
       pilot({step("a", 'c', fork("b", "z")), step("b", 't')}),
       pilot({step("a", 'c', fork("b", "END")), step("b", 't')})},
      {"E06", "/pilot_steps/0/next", pilot({step("a", 't', R"("next":"z")"), step("b", 't')}),
       pilot({step("a", 't', R"("next":"b")"), step("b", 't')})},
      {"E07", "/pilot_steps/0", pilot({step("a", 't', after("\"a\""))}), pilot({step("a", 't')})},
      {"E07", "/pilot_steps/1",
       pilot({step("a", 't'), step("b", 't', after(R"("a","d")")), step("c", 't', after("\"b\"")),
              step("d", 't', after("\"c\""))}),
       pilot({step("a", 't'), step("b", 't', after(R"("a")")), step("c", 't', after("\"b\"")),
              step("d", 't', after("\"c\""))})},
      {"E07", "/pilot_steps/0",
       pilot(
           {step("a", 't'), step("b", 'c', after("\"a\"") + ',' + fork("a", "c")), step("c", 't')}),
       pilot({step("a", 't'),
              step("b", 'c', after("\"a\"") + ',' + fork("a", "c") + R"(,"max_iterations":3)"),
              step("c", 't')})},
      // A list of steps in which c follows a branch that leads past it.
      {"E08", "/pilot_steps/1",
       pilot({step("a", 'c', fork("c", "")), step("b", 't'), step("c", 't')}),
       pilot({step("a", 'c', fork("c", "b")), step("b", 't'), step("c", 't')})},
      {"E08", "/pilot_steps/2",
       pilot({step("a", 't', R"("next":"b")"), step("b", 't'), step("c", 't')}),
       pilot({step("a", 't', R"("next":["b","c"])"), step("b", 't'), step("c", 't')})},
      {"E08", "/pilot_steps/3",
       pilot({step("a", 'c', fork("b", "c")), step("b", 't', after("\"a\"")),
              step("c", 't', after("\"a\"")), step("d", 't')}),
       pilot({step("a", 'c', fork("b", "c")), step("b", 't', after("\"a\"")),
              step("c", 't', after("\"a\"")), step("d", 't', after("\"c\""))})},
  };
}

std::vector<RuleCase> branch_cases() {
  const std::string good = forked('c', branches("yes", "else"));
  return {
      {"E09", "/pilot_steps/0/branches",
       pilot({step("a", 'c', R"("branches":[{"when":"yes","next":"b"}])"), step("b", 't'),
              step("c", 'c', fork("", "") + ',' + after("\"b\""))}),
       pilot({step("a", 'c', fork("b", "c")), step("b", 't'),
              step("c", 'c', fork("", "") + ',' + after("\"b\""))})},
      {"E09", "/pilot_steps/3",
       pilot({step("a", 'c', fork("b", "c")), step("b", 't', after("\"a\"")),
              step("c", 't', after("\"a\"")), step("d", 'c', after("\"c\""))}),
       pilot({step("a", 'c', fork("b", "c")), step("b", 't', after("\"a\"")),
              step("c", 't', after("\"a\"")),
              step("d", 'c', after("\"c\"") + ',' + fork("", ""))})},
      {"E09", "/pilot_steps/0/branches", forked('c', branches("yes", "maybe")), good},
      {"E09", "/pilot_steps/0/branches",
       pilot({step("a", 'c',
                   R"("branches":[{"when":"yes","next":"b"},{"when":"Yes ","next":"c"},)"
                   R"({"when":"else","next":null}])"),
              step("b", 't', after("\"a\"")), step("c", 't', after("\"a\""))}),
       pilot({step("a", 'c',
                   R"("branches":[{"when":"yes","next":"b"},{"when":"no","next":"c"},)"
                   R"({"when":"else","next":null}])"),
              step("b", 't', after("\"a\"")), step("c", 't', after("\"a\""))})},
      {"E09", "/pilot_steps/0/branches", forked('t', branches("yes", "else")), good},
      {"E09", "/pilot_steps/0/branches", forked('c', branches("total > 5", "total < 5")),
       forked('c', branches("total > 5", "total <= 5"))},
      {"E09", "/pilot_steps/0/branches", forked('c', branches("in stock", "sold")),
       forked('c', branches("in stock", "not in stock"))},
      {"E09", "/pilot_steps/0/branches", forked('c', branches("valid", "late")),
       forked('c', branches("valid", "invalid"))},
      {"E12", "/pilot_steps/0/outcomes",
       forked('d', branches("spam", "ham") + R"(,"outcomes":["spam","mail"])"),
       forked('d', branches("spam", "ham") + R"(,"outcomes":["Ham","spam"])")},
      {"E12", "/pilot_steps/0/outcomes",
       forked('d', branches("spam", "else") + R"(,"outcomes":["spam","ham"])"),
       forked('d', branches("spam", "else") + R"(,"outcomes":["spam"])")},
      {"E12", "/pilot_steps/0",
       pilot({step("a", 'd', branches("spam", "ham")), step("b", 't', after("\"a\"")),
              step("c", 'd', after("\"a\"") + R"(,"outcomes":["x","y"])")}),
       pilot({step("a", 'd', branches("spam", "ham") + R"(,"outcomes":["spam","ham"])"),
              step("b", 't', after("\"a\"")),
              step("c", 'd', after("\"a\"") + R"(,"outcomes":["x","y"])")})},
  };
}

/// a forks to b and c; d waits for both and has `text` as its condition.
std::string joined(const std::string& text) {
  return pilot({step("a", 'c', fork("b", "c")), step("b", 't', after("\"a\"")),
                step("c", 't', after("\"a\"")),
                step("d", 't', after(R"("b","c")") + R"(,"condition":")" + text + '"')});
}

std::vector<RuleCase> data_cases() {
  const auto three = [](const std::string& ids, const std::string& input) {
    return pilot({step("a", 't', in_out(R"("file")", R"("order list")")),
                  step("b", 't', after("\"a\"") + ',' + in_out(R"("Order_List")", R"("sum")")),
                  step("c", 't', after(ids) + ',' + in_out(input, ""))});
  };
  return {
      // The input exists, but nothing says that b runs before c.
      {"E10", "/pilot_steps/2/inputs/1", three("\"a\"", R"("order-list","sum")"),
       three("\"b\"", R"("order-list","sum")")},
      {"E10", "/pilot_steps/2/inputs/0", three("\"a\"", R"("b.sum","order_list")"),
       three("\"b\"", R"("b.sum","order_list")")},
      // Without dependencies steps follow each other as they are listed.
      {"E10", "/pilot_steps/0/inputs",
       pilot({step("a", 't', R"("inputs":"sum")"), step("b", 't', R"("outputs":["sum"])")}),
       pilot({step("b", 't', R"("outputs":["sum"])"), step("a", 't', R"("inputs":"sum")")})},
      {"E10", "/pilot_steps/1",
       pilot({step("a", 't'), step("b", 't', R"("condition":"{{c.total}} > 5")"), step("c", 't')}),
       pilot({step("a", 't'), step("b", 't', R"("condition":"{{ steps.a.total }} > 5")"),
              step("c", 't')})},
      {"E10", "/pilot_steps/0", pilot({step("a", 't', R"("condition":"{{fetch.output}} > 5")")}),
       pilot({step("a", 't', R"("condition":"{{customer.name}} > 5")")})},
      {"E10", "/pilot_steps/3", joined("{{b.total}}"), joined("{{b.total}} or {{c.total}}")},
      {"E11", "/pilot_steps/0/service", pilot({step("a", 'a', R"("service":"fax")")}),
       pilot({step("a", 'a', R"("service":"Google-Mail")")})},
      {"W02", "/pilot_steps/0/outputs",
       pilot({step("a", 't', R"("outputs":["sum"])"),
              step("b", 't', after("\"a\"") + R"(,"inputs":["total"],"outputs":["mail"])")}),
       pilot({step("a", 't', R"("outputs":["sum"])"),
              step("b", 't', after("\"a\"") + R"(,"inputs":["sum"],"outputs":["mail"])")})},
  };
}

std::vector<RuleCase> warning_cases() {
  const auto two_ways = [](const std::string& operation) {
    return pilot({step("a", 'c', fork("x", "b")),
                  step("b", 'c', fork("x", "") + ',' + after("\"a\"")),
                  step("c", 'c', fork("x", "") + ',' + after("\"a\"")),
                  R"({"id":"x","step_type":"api_call","operation":")" + operation + "\"}"});
  };
  return {
      {"W03", "/pilot_steps/0/depends_on/0",
       pilot({step("a", 't', after("\"b\"")), step("b", 't')}),
       pilot({step("b", 't'), step("a", 't', after("\"b\""))})},
      {"W04", "/pilot_steps/1",
       pilot({step("a", 'a', R"("timeout":30)"), step("b", 'a'), step("c", 't')}),
       pilot({step("a", 'a', R"("timeout":30)"), step("b", 'a', R"("retry":0)"), step("c", 't')})},
      // From a, the ways through b and c can both be taken; those of a and b exclude each other.
      {"W05", "/pilot_steps/3", two_ways("Send the mail"), two_ways("Read the mail")},
      {"W07", "/pilot_steps/0",
       pilot({step("a", 'd'), step("b", 'd', after("\"a\"")), step("c", 'd', after("\"b\""))}),
       pilot({step("a", 'd'), step("b", 'd', after("\"a\"")), step("c", 't', after("\"b\""))})},
  };
}

TEST(RulesForSteps, EachFaultIsFoundAloneAndItsMendedTwinIsRight) {
  const Rules rules = builtin_rules("pilot");
  const RuleContext context = {{"google-mail", "sheets"}, ""};
  for (const auto& cases : {reference_cases(), branch_cases(), data_cases(), warning_cases()}) {
    for (const RuleCase& rule : cases) expect_case(rules, rule, context);
  }
}

TEST(RulesForSteps, AMinimalWorkflowHasNothingToFind) {
  EXPECT_EQ(
      lines_of(check_rules(
          builtin_rules("pilot"),
          parsed(pilot({step("a", 'c'), step("b", 'd'), step("c", 'a'), step("d", 't')})), {})),
      Lines{});
}

TEST(RulesForSteps, NullsOfAStrictModeSayNothing) {
  const std::string nulls =
      R"("depends_on":null,"service":null,"inputs":null,"outputs":null,"condition":null,)"
      R"("branches":null,"outcomes":null)";
  EXPECT_EQ(lines_of(check_rules(builtin_rules("pilot"),
                                 parsed(pilot({step("a", 'c', nulls), step("b", 'd', nulls)})),
                                 {{"mail"}, ""})),
            Lines{});
}

TEST(RulesForSteps, SeveralSourcesAreNoFaultOfADataFlow) {
  EXPECT_EQ(
      lines_of(check_rules(builtin_rules("pilot"),
                           parsed(pilot({step("a", 'a'), step("b", 'a'),
                                         step("c", 't', after(R"("a","b")")), step("d", 't')})),
                           {})),
      Lines{});
}

TEST(RulesForSteps, WhoChangesANameNeedNotBeWaitedFor) {
  EXPECT_EQ(
      lines_of(check_rules(builtin_rules("pilot"),
                           parsed(pilot({step("a", 't', in_out(R"("orders")", R"("clean")")),
                                         step("b", 't',
                                              after("\"a\"") + ',' +
                                                  in_out(R"("orders","clean")", R"("orders")"))})),
                           {})),
      Lines{});
}

TEST(RulesForSteps, AnyServiceIsRightWhenNoneWasGiven) {
  EXPECT_EQ(lines_of(check_rules(builtin_rules("pilot"),
                                 parsed(pilot({step("a", 'a', R"("service":"fax")")})), {})),
            Lines{});
}

TEST(RulesForSteps, HostileGraphsTakeLittleTime) {
  const Rules rules = parse_rules(parsed(
      R"({"kind":"steps","items":"s","id":"id","max_items":500,"depends_on":"d","inputs":"i",)"
      R"("outputs":"o","branches":"b"})"));
  std::string all;
  std::string items;
  for (int i = 0; i < 450; ++i) {
    const std::string id = "n" + std::to_string(i);
    items += (i == 0 ? "" : ",") + std::string(R"({"id":")") + id + R"(","d":[)" + all +
             R"(],"i":["x"],"o":["y"],"b":[{"when":"else","next":null}]})";
    all += (i == 0 ? "\"" : ",\"") + id + '"';
  }
  const JsonValue document = parsed(R"({"s":[)" + items + "]}");
  const std::clock_t start = std::clock();
  EXPECT_FALSE(check_rules(rules, document, {}).empty());
  EXPECT_LT(std::clock() - start, 5 * CLOCKS_PER_SEC);
}

TEST(Graph, KnowsPathsOrderAndCircles) {
  const Graph graph(5, {{0, 1}, {1, 2}, {0, 2}, {0, 2}, {3, 2}});
  EXPECT_TRUE(graph.is_acyclic());
  EXPECT_EQ(graph.circle(), std::vector<int>());
  EXPECT_TRUE(graph.leads_to(0, 2));
  EXPECT_FALSE(graph.leads_to(2, 0));
  EXPECT_FALSE(graph.leads_to(0, 0));
  EXPECT_TRUE(graph.is_implied(0, 2));
  EXPECT_FALSE(graph.is_implied(1, 2));
  EXPECT_EQ(graph.connected(1).count(), 4u);
  EXPECT_EQ(graph.connected(4).count(), 1u);
  EXPECT_EQ(graph.order().size(), 5u);

  const Graph circular(4, {{0, 1}, {1, 2}, {2, 1}, {2, 3}});
  EXPECT_FALSE(circular.is_acyclic());
  EXPECT_EQ(circular.circle(), (std::vector<int>{2, 1}));
  EXPECT_EQ(Graph(1, {{0, 0}}).circle(), std::vector<int>{0});
  EXPECT_TRUE(Graph(0, {}).is_acyclic());
}

}  // namespace
}  // namespace llmw
