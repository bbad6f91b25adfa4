// Limbo zones: derived from the dependencies, compared with what a document declares (L01-L10), and
// completed in it.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "core/rules.hpp"
#include "rules_testing.hpp"

namespace llmw {
namespace {

/// Cutting (c) and trims (t) go into sewing (s), which goes into packing (p).
constexpr const char* kStages =
    R"("stages":[
      {"id":"c","name":"Cut","type":"sequential","team":"Cutting","outputs":["parts","scrap"]},
      {"id":"t","name":"Buy trims","type":"sequential","team":"Purchasing","outputs":["trims"]},
      {"id":"s","name":"Sew","type":"sequential","team":"Sewing","depends_on":["c","t"],
       "inputs":["parts","trims","thread"],"outputs":["jeans"]},
      {"id":"p","name":"Pack","type":"sequential","team":"Sewing","depends_on":["s","c"],
       "inputs":["jeans"],"outputs":["cartons"]}])";

/// A zone with everything that it may have.
std::string zone(const std::string& id, const std::string& from, const std::string& to,
                 const std::string& payload) {
  return R"({"id":")" + id + R"(","from":")" + from + R"(","to":")" + to + R"(","payload":[)" +
         payload +
         R"(],"join":"all","entry_condition":"Counted","exit_condition":"Signed for",)"
         R"("max_wait":"2 days","owner":"Line leader"})";
}

const std::string kCutSew = zone("z1", "c", "s", R"("parts")");
const std::string kTrimSew = zone("z2", "t", "s", R"("trims")");
const std::string kSewPack = zone("z3", "s", "p", R"("jeans")");

std::string with_zones(const std::vector<std::string>& zones, const std::string& stages = kStages) {
  std::string text = '{' + stages + R"(,"limbo_zones":[)";
  for (std::size_t i = 0; i < zones.size(); ++i) text += (i == 0 ? "" : ",") + zones[i];
  return text + "]}";
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what << " in " << text;
  return text.replace(at, what.size(), by);
}

/// The three zones with the first one changed.
std::string changed(const std::string& what, const std::string& by) {
  return with_zones({replaced(kCutSew, what, by), kTrimSew, kSewPack});
}

std::vector<RuleCase> cases() {
  const std::string good = with_zones({kCutSew, kTrimSew, kSewPack});
  const std::string parallel = replaced(
      replaced(kStages, R"("team":"Cutting")", R"("team":"Cutting","parallel_with":["t"])"),
      R"("team":"Purchasing")", R"("team":"Purchasing","parallel_with":["c"])");
  // The repair shop takes in jeans and gives them back, while they wait to be packed.
  const std::string mending =
      replaced(kStages, R"({"id":"p")",
               R"({"id":"r","name":"Mend","type":"sequential","team":"Sewing","depends_on":["s"],
         "inputs":["jeans"],"outputs":["jeans"]},{"id":"p")");
  const std::string mended = replaced(mending, R"("outputs":["jeans"]},{"id":"p")",
                                      R"("outputs":["mended jeans"]},{"id":"p")");
  const std::string to_mend = zone("z4", "s", "r", R"("jeans")");
  return {
      {"L01", "/limbo_zones/3",
       with_zones({kCutSew, kTrimSew, kSewPack, zone("z4", "c", "t", "1")}), good},
      {"L01", "/limbo_zones/3",
       with_zones({kCutSew, kTrimSew, kSewPack, zone("z4", "c", "x", "1")}), good},
      {"L02", "/stages/2/depends_on/1", with_zones({kCutSew, kSewPack}), good},
      {"L03", "/limbo_zones/0", changed(R"(["parts"])", "[]"), good},
      {"L03", "/limbo_zones/0", changed(R"("payload":["parts"],)", ""), good},
      {"L04", "/limbo_zones/0", changed("\"Counted\"", "null"), good},
      {"L04", "/limbo_zones/0", changed("Signed for", " "), good},
      {"L05", "/limbo_zones/0", changed("\"2 days\"", "null"), good},
      {"L06", "/limbo_zones/0", changed("\"all\"", "null"), changed("\"all\"", "\"any\"")},
      {"L07", "/limbo_zones/0", changed("\"Line leader\"", "null"),
       with_zones({kCutSew, kTrimSew, replaced(kSewPack, "\"Line leader\"", "null")})},
      {"L08", "/limbo_zones/3",
       with_zones({kCutSew, kTrimSew, kSewPack, zone("z4", "c", "s", R"("parts")")}), good},
      {"L08", "/limbo_zones/2", with_zones({kCutSew, kTrimSew, replaced(kSewPack, "z3", "Z1")}),
       good},
      {"L09", "/limbo_zones/3",
       with_zones({kCutSew, kTrimSew, kSewPack, zone("z4", "c", "t", R"("parts")")}, parallel),
       with_zones({kCutSew, kTrimSew, kSewPack}, parallel)},
      {"L10", "/limbo_zones/2", with_zones({kCutSew, kTrimSew, kSewPack, to_mend}, mending),
       with_zones({kCutSew, kTrimSew, kSewPack, to_mend}, mended)},
  };
}

TEST(RulesForZones, EachFaultIsFoundAloneAndItsMendedTwinIsRight) {
  const Rules rules = builtin_rules("stages");
  for (RuleCase& rule : cases()) {
    expect_case(rules, rule);
    EXPECT_EQ(severity_of(rule.code), Severity::warning) << rule.code;
  }
}

TEST(RulesForZones, AZoneThatALongerPathImpliesMayBeDeclared) {
  EXPECT_EQ(
      lines_of(check_rules(
          builtin_rules("stages"),
          parsed(with_zones({kCutSew, kTrimSew, kSewPack, zone("z4", "c", "p", R"("x")")})), {})),
      Lines{});
}

TEST(RulesForZones, ADocumentWithoutZonesIsNotAskedForThem) {
  for (const std::string& text :
       {std::string("{") + kStages + '}', std::string("{") + kStages + R"(,"limbo_zones":null})"})
    EXPECT_EQ(lines_of(check_rules(builtin_rules("stages"), parsed(text), {})), Lines{});
}

TEST(RulesForZones, FieldsThatNoZoneCarriesAreNotMissed) {
  EXPECT_EQ(lines_of(check_rules(builtin_rules("stages"),
                                 parsed(with_zones({R"({"id":"z1","from":"c","to":"s"})",
                                                    R"({"id":"z2","from":"t","to":"s"})",
                                                    R"({"id":"z3","from":"s","to":"p"})"})),
                                 {})),
            Lines{});
}

TEST(DeriveLimboZones, OneForEachDependencyThatNoLongerPathImplies) {
  const std::string declared = replaced(kTrimSew, "\"all\"", "\"any\"");
  const std::vector<LimboZone> expected = {
      {"c__s", "c", "s", {"parts"}, "all", "Cutting", "Sewing"},
      {"z2", "t", "s", {"trims"}, "any", "Purchasing", "Sewing"},
      {"s__p", "s", "p", {"jeans"}, "all", "Sewing", "Sewing"},
  };
  std::vector<LimboZone> zones =
      derive_limbo_zones(builtin_rules("stages"), parsed(with_zones({declared})));
  EXPECT_EQ(zones, expected);
}

TEST(DeriveLimboZones, IdsOfDeclaredZonesAreNotGivenTwice) {
  const std::vector<LimboZone> zones = derive_limbo_zones(
      builtin_rules("stages"), parsed(with_zones({zone("c__s", "t", "s", R"("trims")")})));
  ASSERT_EQ(zones.size(), 3u);
  EXPECT_EQ(zones[0].id, "c__s_2");
  EXPECT_EQ(zones[1].id, "c__s");
}

TEST(DeriveLimboZones, StagesThatNoIdTellsApartHaveNone) {
  const JsonValue document =
      parsed(R"({"stages":[{"id":"a"},{"id":"b","depends_on":["a"]},{"id":"b","depends_on":["a"]},)"
             R"({"depends_on":["b"]}]})");
  EXPECT_EQ(derive_limbo_zones(builtin_rules("stages"), document).size(), 1u);
}

TEST(DeriveLimboZones, NothingWhereThereIsNoOrder) {
  const Rules rules = builtin_rules("stages");
  const std::string circle =
      R"({"stages":[{"id":"a","depends_on":["b"]},{"id":"b","depends_on":["a"]}]})";
  for (const std::string& text :
       {circle, std::string("7"), std::string("{}"), std::string(R"({"stages":7})"),
        std::string(R"({"stages":[{"id":"a"},{"id":"b"}]})")}) {
    EXPECT_EQ(derive_limbo_zones(rules, parsed(text)), std::vector<LimboZone>()) << text;
    EXPECT_EQ(complete_limbo_zones(rules, parsed(text)), parsed(text)) << text;
  }
  EXPECT_EQ(derive_limbo_zones(builtin_rules("pilot"), parsed(with_zones({}))),
            std::vector<LimboZone>());
}

TEST(CompleteLimboZones, MarksDeclaredOnesAndAddsDerivedOnes) {
  const std::string phantom = R"({"id":"z9","from":"p","to":"c","origin":"model"})";
  const JsonValue document =
      complete_limbo_zones(builtin_rules("stages"), parsed(with_zones({kTrimSew, phantom})));
  const JsonValue* zones = document.find("limbo_zones");
  ASSERT_EQ(zones->items.size(), 4u);
  EXPECT_EQ(write_json(zones->items[0]),
            replaced(kTrimSew, "\"Line leader\"", "\"Line leader\",\"origin\":\"declared\""));
  EXPECT_EQ(write_json(zones->items[1]), R"({"id":"z9","from":"p","to":"c","origin":"declared"})");
  EXPECT_EQ(
      write_json(zones->items[2]),
      R"({"id":"c__s","from":"c","to":"s","payload":["parts"],"join":"all","origin":"derived"})");
  EXPECT_EQ(
      write_json(zones->items[3]),
      R"({"id":"s__p","from":"s","to":"p","payload":["jeans"],"join":"all","origin":"derived"})");
}

TEST(CompleteLimboZones, ADocumentWithoutZonesGetsThem) {
  for (const std::string& text :
       {std::string("{") + kStages + '}', std::string("{") + kStages + R"(,"limbo_zones":null})"}) {
    const JsonValue document = complete_limbo_zones(builtin_rules("stages"), parsed(text));
    ASSERT_NE(document.find("limbo_zones"), nullptr);
    EXPECT_EQ(document.find("limbo_zones")->items.size(), 3u);
    EXPECT_FALSE(has_errors(check_rules(builtin_rules("stages"), document, {})));
  }
}

TEST(CompleteLimboZones, LeavesAloneWhatIsNoWorkflow) {
  const Rules rules = builtin_rules("stages");
  for (const char* text : {"7", "[]", R"({"limbo_zones":7})", R"({"limbo_zones":[7]})"})
    EXPECT_EQ(write_json(complete_limbo_zones(rules, parsed(text))), text);
}

TEST(OwnFormat, MayCallZonesWhatItLikes) {
  const Rules rules = parse_rules(parsed(
      R"({"kind":"stages","items":"phases","id":"key","depends_on":"after","inputs":"in",
          "outputs":"out","team":"who","zones":"waits","zone_id":"name","zone_from":"left",
          "zone_to":"right","zone_payload":"what"})"));
  const JsonValue document = complete_limbo_zones(
      rules,
      parsed(R"({"phases":[{"key":"a","out":["x"]},{"key":"b","after":["a"],"in":["X"]}]})"));
  EXPECT_EQ(write_json(*document.find("waits")),
            R"([{"name":"a__b","left":"a","right":"b","what":["x"],"origin":"derived"}])");
}

/// The recorded answer to the prompt of document 000: 15 stages and 14 zones.
JsonValue denim_factory() {
  std::ifstream in(std::string(LLMW_TEST_DIR) + "/../data/answers/001_denim_factory.json");
  EXPECT_TRUE(in);
  const JsonValue expected = parsed(std::string(std::istreambuf_iterator<char>(in), {}));
  return *expected.find("document");
}

TEST(DenimFactory, HasFifteenStagesAndTheFourteenZonesThatItDeclares) {
  const Rules rules = builtin_rules("stages");
  const JsonValue document = denim_factory();
  EXPECT_EQ(count_items(rules, document), 15);
  const RuleContext context = {{},
                               "We run a denim factory with cutting sewing packing and finishing "
                               "in house, and we also use subcontractors..."};
  EXPECT_EQ(lines_of(check_rules(rules, document, context)), Lines{});

  const std::vector<LimboZone> zones = derive_limbo_zones(rules, document);
  const JsonValue* declared = document.find("limbo_zones");
  ASSERT_EQ(zones.size(), 14u);
  ASSERT_EQ(declared->items.size(), 14u);
  std::set<std::string> ids;
  for (const LimboZone& zone : zones) {
    ids.insert(zone.id);
    EXPECT_FALSE(zone.payload.empty()) << zone.id;
    EXPECT_FALSE(zone.from_team.empty()) << zone.id;
  }
  for (const JsonValue& zone : declared->items) EXPECT_EQ(ids.count(zone.find("id")->text), 1u);
  EXPECT_EQ(ids.size(), 14u);

  const JsonValue complete = complete_limbo_zones(rules, document);
  EXPECT_EQ(complete.find("limbo_zones")->items.size(), 14u);
  EXPECT_EQ(write_json(complete).find("derived"), std::string::npos);
}

TEST(DenimFactory, ZonesThatTheModelForgetsAreDerived) {
  const Rules rules = builtin_rules("stages");
  JsonValue document = denim_factory();
  document.find("limbo_zones")->items.resize(10);
  const std::vector<Finding> findings = check_rules(rules, document, {});
  EXPECT_EQ(findings.size(), 4u);
  EXPECT_FALSE(has_errors(findings));
  const JsonValue complete = complete_limbo_zones(rules, document);
  ASSERT_EQ(complete.find("limbo_zones")->items.size(), 14u);
  EXPECT_EQ(complete.find("limbo_zones")->items[13].find("origin")->text, "derived");
}

}  // namespace
}  // namespace llmw
