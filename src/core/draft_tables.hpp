#pragma once
// Word tables of the draft, for draft_lexicon.cpp alone: constant data without constructors.
//
// Every array is sorted, which the compiler checks at the end of the file. The words are common
// business English, collected for this project. Verbs stand in groups: by the step type that they
// give, by how often the same form is a noun, by their role (VerbRole).

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>

#include "core/draft_lexicon.hpp"

namespace llmw::tables {

// The tables are lists of words, not code.
// clang-format off

using Words = std::span<const std::string_view>;

// Verbs, by the step type that they give and by how often the same form is a noun.

constexpr std::string_view kDecide[] = {
    "accept", "adjudicate", "advise", "allocate", "analyze", "appoint", "appraise", "appreciate",
    "approve", "arbitrate", "assess", "authorize", "brainstorm", "categorize", "certify",
    "choose", "clarify", "classify", "commend", "compose", "conceive", "conclude", "consider",
    "contextualize", "coordinate", "critique", "cross-check", "curate", "debug", "decide",
    "decline", "deem", "define", "deny", "describe", "detect", "devise", "diagnose",
    "differentiate", "discover", "discuss", "distinguish", "double-check", "elect", "endorse",
    "envision", "evaluate", "examine", "explain", "explore", "extrapolate", "fact-check",
    "finalize", "foresee", "formulate", "greenlight", "ideate", "identify", "infer", "inspect",
    "interpret", "investigate", "justify", "learn", "litigate", "manage", "mediate", "moderate",
    "negotiate", "nominate", "observe", "oversee", "paraphrase", "perceive", "pinpoint",
    "predict", "prescribe", "prioritize", "proctor", "propose", "prove", "qualify", "quantify",
    "realize", "reassess", "recommend", "reconsider", "recruit", "reevaluate", "refine", "reject",
    "rephrase", "reprioritize", "resolve", "revise", "revisit", "rewrite", "sanity-check",
    "scrutinize", "select", "shortlist", "solve", "spell-check", "strategize", "suggest",
    "summarise", "summarize", "supervise", "synthesize", "tackle", "translate", "triage",
    "troubleshoot", "understand", "valuate", "write"};

constexpr std::string_view kDecideOrNoun[] = {
    "answer", "audit", "benchmark", "bid", "brief", "comment", "debate", "draft", "extract",
    "flag", "forecast", "gauge", "grade", "guess", "hire", "interview", "judge", "model",
    "monitor", "outline", "plan", "preview", "probe", "project", "proofread", "rank", "rate",
    "research", "review", "score", "screen", "study", "survey", "value", "vet", "view", "vote",
    "witness"};

constexpr std::string_view kNounOrDecide[] = {
    "attribute", "detail", "experiment", "price", "proof", "question", "rule", "tag"};

constexpr std::string_view kAsk[] = {
    "ascertain", "confirm", "determine", "ensure", "recheck", "reconfirm", "see", "validate",
    "verify"};

constexpr std::string_view kAskOrNoun[] = {
    "check", "test"};

constexpr std::string_view kTransform[] = {
    "accelerate", "adapt", "adjust", "aggregate", "align", "amend", "amplify", "anodize",
    "anonymize", "append", "apply", "arrange", "assemble", "bake", "bind", "boil", "bottle",
    "calculate", "calibrate", "capitalize", "carve", "centralize", "cleanse", "collate",
    "combine", "compile", "compress", "compute", "concatenate", "condense", "consolidate",
    "construct", "convert", "cook", "crimp", "crop", "crosscheck", "customize", "de-duplicate",
    "debone", "deburr", "decentralize", "decode", "decorate", "decrypt", "deduct", "dedupe",
    "deduplicate", "defrost", "demolish", "denormalize", "depreciate", "derive", "develop",
    "digitize", "dilute", "disassemble", "disinfect", "dismantle", "distil", "distill",
    "diversify", "divide", "draw", "eliminate", "embed", "embroider", "encode", "encrypt",
    "engrave", "enhance", "enlarge", "enrich", "enumerate", "erase", "excavate", "exclude",
    "expand", "extrude", "fabricate", "ferment", "fertilize", "fillet", "fine-tune", "flatten",
    "forge", "fry", "fulfil", "fulfill", "galvanize", "garnish", "generate", "grind", "hang",
    "harmonize", "harvest", "hem", "improve", "incorporate", "inflate", "insulate", "interpolate",
    "irrigate", "isolate", "iterate", "knead", "laminate", "lathe", "localize", "lubricate",
    "manipulate", "manufacture", "marinate", "maximize", "mend", "merge", "minify", "minimize",
    "modernize", "modify", "multiply", "narrow", "negate", "normalize", "obfuscate", "omit",
    "optimize", "orchestrate", "organize", "oxidize", "parse", "pasteurize", "pave",
    "personalize", "pickle", "pivot", "plaster", "pluck", "postprocess", "prepare", "preprocess",
    "produce", "prune", "pulverize", "quench", "randomize", "reap", "rearrange", "rebuild",
    "recalculate", "reconcile", "reconstruct", "rectify", "recycle", "redact", "redesign",
    "reduce", "reform", "reformat", "refresh", "rehearse", "reheat", "reinforce", "remap",
    "remedy", "remodel", "rename", "renovate", "reorganize", "repack", "repackage", "replace",
    "reprint", "reproduce", "reproject", "resize", "restructure", "retarget", "retouch",
    "retrofit", "reuse", "reword", "rinse", "rivet", "rotate", "salvage", "sanitize", "sculpt",
    "segregate", "serialize", "sew", "sharpen", "shear", "shorten", "shred", "shrink", "shuffle",
    "simplify", "simulate", "slaughter", "smelt", "soak", "solder", "sow", "spin", "stabilize",
    "stain", "standardize", "steer", "sterilize", "stimulate", "straighten", "streamline",
    "strengthen", "subdivide", "substitute", "subtract", "tabulate", "tailor", "tally", "thresh",
    "tighten", "toggle", "tokenize", "transcode", "transcribe", "transform", "transpose",
    "triple", "truncate", "tune", "twist", "unify", "unpack", "unroll", "unwrap", "vacuum",
    "varnish", "vectorize", "ventilate", "visualize", "whiten", "widen", "winnow", "wipe"};

constexpr std::string_view kTransformOrNoun[] = {
    "average", "balance", "bleach", "blend", "brew", "build", "butcher", "change", "chop",
    "clean", "coat", "code", "compare", "correct", "count", "crush", "cure", "cut", "cycle",
    "decrease", "design", "dice", "drill", "dry", "duplicate", "dye", "edit", "estimate",
    "filter", "finish", "fold", "format", "frame", "freeze", "glue", "grill", "group", "hash",
    "increase", "index", "insert", "iron", "join", "knit", "label", "layer", "link", "machine",
    "map", "mask", "match", "measure", "melt", "milk", "mill", "mix", "mold", "mould", "pack",
    "package", "pad", "paint", "partition", "plate", "polish", "press", "process", "pump",
    "render", "repair", "reverse", "rework", "roast", "round", "sand", "scale", "season",
    "segment", "separate", "shape", "sketch", "slice", "smoke", "smooth", "sort", "split",
    "spray", "steam", "stitch", "strip", "structure", "sum", "supplement", "temper", "tie",
    "tile", "total", "trap", "treat", "trim", "wash", "weave", "weed", "weigh", "weld", "wrap",
    "zip"};

constexpr std::string_view kNounOrTransform[] = {
    "chart", "cluster", "double", "graph", "limit", "mine", "number", "perfect", "sample",
    "staple", "table"};

constexpr std::string_view kSupport[] = {
    "conduct", "do", "make", "perform", "undertake"};

constexpr std::string_view kLight[] = {
    "aim", "allow", "automate", "begin", "cease", "commence", "consist", "continue", "cover",
    "deal", "depend", "deserve", "desire", "employ", "expect", "feature", "focus", "get", "go",
    "have", "help", "hope", "include", "intend", "involve", "keep", "let", "like", "look", "love",
    "need", "operate", "own", "prefer", "proceed", "provide", "rely", "require", "run", "seek",
    "specialize", "start", "strive", "try", "use", "want", "wish", "work"};

constexpr std::string_view kCall[] = {
    "abandon", "accommodate", "accompany", "accrue", "achieve", "acknowledge", "acquire",
    "activate", "add", "administer", "admit", "adopt", "advertise", "announce", "apologize",
    "ask", "assign", "attach", "attend", "auto-assign", "auto-reply", "await", "backfill", "ban",
    "bring", "browse", "buy", "cancel", "capture", "carry", "cater", "celebrate", "circulate",
    "co-sign", "collaborate", "collect", "communicate", "commute", "compensate", "compete",
    "comply", "configure", "connect", "conserve", "consult", "contribute", "convene", "convey",
    "convince", "cope", "countersign", "create", "deactivate", "decommission", "dedicate",
    "deescalate", "defend", "defer", "delete", "deliver", "demonstrate", "deploy", "dictate",
    "direct", "disable", "disburse", "discard", "discharge", "disclose", "disconnect", "dismiss",
    "dispatch", "disseminate", "distribute", "donate", "earn", "educate", "eject", "elicit",
    "emphasize", "enable", "encourage", "enforce", "engage", "enrol", "enroll", "enter",
    "entertain", "equip", "escalate", "escort", "establish", "evict", "execute", "exhibit",
    "expedite", "expel", "expose", "facilitate", "familiarize", "fetch", "fill", "fly", "follow",
    "forbid", "forward", "foster", "gather", "give", "govern", "greet", "handle", "highlight",
    "implement", "impose", "incur", "inform", "ingest", "initialize", "initiate", "inject",
    "innovate", "inquire", "inspire", "install", "instantiate", "instruct", "insure", "integrate",
    "interact", "intercept", "intervene", "introduce", "invest", "invite", "invoke", "lend",
    "liquidate", "listen", "locate", "lodge", "lookup", "maintain", "meet", "migrate", "mitigate",
    "mobilize", "narrate", "navigate", "notarize", "notify", "obtain", "occupy", "offboard",
    "offload", "onboard", "oppose", "outsource", "override", "overwrite", "pay", "persist",
    "populate", "postpone", "pour", "prepay", "preserve", "prevent", "procure", "promote",
    "propagate", "publish", "pursue", "put", "re-send", "reach", "react", "read", "reassign",
    "rebook", "receive", "recite", "reclaim", "reconnect", "recover", "redeem", "redeliver",
    "redirect", "refer", "refuel", "register", "regulate", "rehire", "reimburse", "reinstate",
    "reissue", "relax", "relieve", "relocate", "remind", "remit", "remove", "renew", "reopen",
    "reorder", "repay", "repeat", "replay", "replenish", "replicate", "reroute", "reschedule",
    "rescue", "resend", "resign", "respond", "restart", "restock", "restore", "resubmit",
    "resupply", "retain", "retire", "retrain", "retrieve", "retry", "revoke", "rollback",
    "safeguard", "satisfy", "save", "scrape", "sell", "send", "serve", "settle", "shelve",
    "shoot", "shut", "snooze", "submit", "subscribe", "suppress", "suspend", "sustain", "sweep",
    "swim", "synchronize", "teach", "tell", "tend", "terminate", "testify", "thank", "throttle",
    "throw", "transmit", "travel", "unblock", "uncover", "underwrite", "undo", "unfreeze",
    "uninstall", "unite", "unlock", "unpublish", "unsubscribe", "unsuspend", "upsell", "upsert",
    "utilize", "vacate", "vaccinate", "vend", "waive", "walk", "warn", "watch", "withdraw",
    "withhold"};

constexpr std::string_view kCallOrNoun[] = {
    "alert", "approach", "archive", "auction", "authenticate", "award", "back", "bargain",
    "blacklist", "block", "boot", "bounce", "broadcast", "cache", "call", "catalog", "catalogue",
    "channel", "charge", "chase", "clear", "clip", "clone", "close", "commit", "complete",
    "contact", "copy", "counter", "crawl", "debit", "delay", "delegate", "deposit", "dial",
    "display", "dock", "download", "drive", "drop", "dump", "export", "fax", "feed", "find",
    "fix", "flush", "fork", "grant", "guide", "hand", "hold", "host", "import", "launch", "lay",
    "lease", "license", "lift", "load", "lock", "log", "mail", "mandate", "mark", "mentor",
    "mirror", "move", "nudge", "offer", "open", "park", "partner", "pass", "patch", "patrol",
    "pick", "ping", "pitch", "place", "play", "pledge", "plug", "poll", "pool", "port", "post",
    "practice", "present", "print", "prompt", "provision", "pull", "purchase", "push",
    "quarantine", "query", "quote", "raise", "recall", "record", "refund", "relay", "release",
    "rent", "reply", "request", "reserve", "reset", "return", "reward", "ring", "roll", "route",
    "rush", "scan", "schedule", "seal", "search", "secure", "seed", "set", "share", "shift",
    "ship", "shop", "show", "sign", "skip", "snapshot", "spell", "spend", "sponsor", "spread",
    "stamp", "stop", "store", "stream", "subcontract", "supply", "surface", "swap", "switch",
    "sync", "take", "talk", "target", "tip", "trace", "track", "trade", "train", "transfer",
    "transport", "trigger", "turn", "tutor", "unload", "update", "upgrade", "upload", "visit",
    "voice", "void", "welcome", "whitelist", "win", "wire"};

constexpr std::string_view kNounOrCall[] = {
    "access", "address", "backup", "barcode", "bill", "book", "box", "bundle", "color", "colour",
    "crate", "credit", "dm", "document", "e-mail", "email", "exchange", "farm", "file", "film",
    "fire", "fund", "guarantee", "inventory", "invoice", "issue", "key", "list", "market",
    "message", "name", "note", "order", "page", "phone", "photograph", "plant", "report",
    "resume", "seat", "slot", "source", "staff", "stock", "support", "text", "thread", "ticket",
    "tour", "tweet", "type", "warehouse", "water"};

constexpr std::string_view kEvent[] = {
    "arrive", "come", "elapse", "expire", "happen", "land", "occur"};

constexpr std::string_view kState[] = {
    "agree", "appear", "become", "believe", "belong", "benefit", "complain", "concern", "contain",
    "cost", "differ", "disagree", "end", "equal", "exceed", "exist", "fail", "feel", "hear",
    "know", "lack", "last", "lead", "leave", "live", "matter", "mean", "owe", "reflect", "relate",
    "remain", "resemble", "say", "seem", "stay", "succeed", "suit", "think", "vary"};

constexpr std::string_view kWaitWords[] = {
    "wait"};

constexpr std::string_view kPauseOrNoun[] = {
    "pause"};

struct VerbGroup {
  Words words;
  StepKind kind;
  NounUse noun_use;
  VerbRole role;
};

constexpr VerbGroup kVerbGroups[] = {
    {kDecide, StepKind::llm_decision, NounUse::never, VerbRole::act},
    {kDecideOrNoun, StepKind::llm_decision, NounUse::rarely, VerbRole::act},
    {kNounOrDecide, StepKind::llm_decision, NounUse::often, VerbRole::act},
    {kAsk, StepKind::llm_decision, NounUse::never, VerbRole::ask},
    {kAskOrNoun, StepKind::llm_decision, NounUse::rarely, VerbRole::ask},
    {kTransform, StepKind::transform, NounUse::never, VerbRole::act},
    {kTransformOrNoun, StepKind::transform, NounUse::rarely, VerbRole::act},
    {kNounOrTransform, StepKind::transform, NounUse::often, VerbRole::act},
    {kSupport, StepKind::transform, NounUse::never, VerbRole::support},
    {kLight, StepKind::transform, NounUse::rarely, VerbRole::light},
    {kCall, StepKind::api_call, NounUse::never, VerbRole::act},
    {kCallOrNoun, StepKind::api_call, NounUse::rarely, VerbRole::act},
    {kNounOrCall, StepKind::api_call, NounUse::often, VerbRole::act},
    {kEvent, StepKind::api_call, NounUse::never, VerbRole::event},
    {kState, StepKind::api_call, NounUse::rarely, VerbRole::state},
    {kWaitWords, StepKind::conditional, NounUse::never, VerbRole::act},
    {kPauseOrNoun, StepKind::conditional, NounUse::rarely, VerbRole::act},
};

// Forms that no rule of inflection gives.
constexpr IrregularForm kIrregular[] = {
    {"began", "begin", kPast}, {"begun", "begin", kParticiple},
    {"bought", "buy", kPast | kParticiple}, {"bound", "bind", kPast | kParticiple},
    {"brought", "bring", kPast | kParticiple}, {"built", "build", kPast | kParticiple},
    {"came", "come", kPast}, {"chose", "choose", kPast}, {"chosen", "choose", kParticiple},
    {"cut", "cut", kBase | kPast | kParticiple}, {"dealt", "deal", kPast | kParticiple},
    {"did", "do", kPast}, {"does", "do", kThird}, {"done", "do", kParticiple},
    {"drawn", "draw", kParticiple}, {"drew", "draw", kPast},
    {"dried", "dry", kPast | kParticiple}, {"driven", "drive", kParticiple},
    {"drove", "drive", kPast}, {"dying", "dye", kIng}, {"fed", "feed", kPast | kParticiple},
    {"felt", "feel", kPast | kParticiple}, {"forecast", "forecast", kBase | kPast | kParticiple},
    {"found", "find", kPast | kParticiple}, {"froze", "freeze", kPast},
    {"frozen", "freeze", kParticiple}, {"gave", "give", kPast}, {"given", "give", kParticiple},
    {"gone", "go", kParticiple}, {"got", "get", kPast | kParticiple},
    {"gotten", "get", kParticiple}, {"ground", "grind", kPast | kParticiple},
    {"had", "have", kPast | kParticiple}, {"has", "have", kThird},
    {"heard", "hear", kPast | kParticiple}, {"held", "hold", kPast | kParticiple},
    {"hung", "hang", kPast | kParticiple}, {"kept", "keep", kPast | kParticiple},
    {"knew", "know", kPast}, {"knit", "knit", kBase | kPast | kParticiple},
    {"known", "know", kParticiple}, {"laid", "lay", kPast | kParticiple},
    {"learnt", "learn", kPast | kParticiple}, {"led", "lead", kPast | kParticiple},
    {"left", "leave", kPast | kParticiple}, {"lent", "lend", kPast | kParticiple},
    {"let", "let", kBase | kPast | kParticiple}, {"made", "make", kPast | kParticiple},
    {"meant", "mean", kPast | kParticiple}, {"met", "meet", kPast | kParticiple},
    {"overridden", "override", kParticiple}, {"overrode", "override", kPast},
    {"oversaw", "oversee", kPast}, {"overseen", "oversee", kParticiple},
    {"overwritten", "overwrite", kParticiple}, {"paid", "pay", kPast | kParticiple},
    {"prepaid", "prepay", kPast | kParticiple}, {"put", "put", kBase | kPast | kParticiple},
    {"ran", "run", kPast}, {"rang", "ring", kPast}, {"read", "read", kBase | kPast | kParticiple},
    {"rebuilt", "rebuild", kPast | kParticiple}, {"repaid", "repay", kPast | kParticiple},
    {"resent", "resend", kPast | kParticiple}, {"reset", "reset", kBase | kPast | kParticiple},
    {"rewritten", "rewrite", kParticiple}, {"rewrote", "rewrite", kPast},
    {"rung", "ring", kParticiple}, {"said", "say", kPast | kParticiple}, {"saw", "see", kPast},
    {"seen", "see", kParticiple}, {"sent", "send", kPast | kParticiple},
    {"set", "set", kBase | kPast | kParticiple}, {"sewn", "sew", kParticiple},
    {"shorn", "shear", kParticiple}, {"shot", "shoot", kPast | kParticiple},
    {"shown", "show", kParticiple}, {"shrunk", "shrink", kParticiple},
    {"shut", "shut", kBase | kPast | kParticiple}, {"sold", "sell", kPast | kParticiple},
    {"sought", "seek", kPast | kParticiple}, {"sown", "sow", kParticiple},
    {"spent", "spend", kPast | kParticiple}, {"split", "split", kBase | kPast | kParticiple},
    {"spread", "spread", kBase | kPast | kParticiple}, {"spun", "spin", kPast | kParticiple},
    {"swept", "sweep", kPast | kParticiple}, {"taken", "take", kParticiple},
    {"taught", "teach", kPast | kParticiple}, {"thought", "think", kPast | kParticiple},
    {"threw", "throw", kPast}, {"thrown", "throw", kParticiple},
    {"told", "tell", kPast | kParticiple}, {"took", "take", kPast},
    {"understood", "understand", kPast | kParticiple}, {"undertaken", "undertake", kParticiple},
    {"undid", "undo", kPast}, {"undone", "undo", kParticiple}, {"went", "go", kPast},
    {"withdrawn", "withdraw", kParticiple}, {"withdrew", "withdraw", kPast},
    {"withheld", "withhold", kPast | kParticiple}, {"won", "win", kPast | kParticiple},
    {"wove", "weave", kPast}, {"woven", "weave", kParticiple}, {"written", "write", kParticiple},
    {"wrote", "write", kPast},
};

// Nouns that name an action, with its verb.
constexpr NounOfAction kNounsOfAction[] = {
    {"acceptance", "accept"}, {"acquisition", "acquire"}, {"adjustment", "adjust"},
    {"admission", "admit"}, {"allocation", "allocate"}, {"analysis", "analyze"},
    {"approval", "approve"}, {"assembly", "assemble"}, {"assessment", "assess"},
    {"assignment", "assign"}, {"authorization", "authorize"}, {"calculation", "calculate"},
    {"calibration", "calibrate"}, {"cancellation", "cancel"}, {"categorization", "categorize"},
    {"catering", "cater"}, {"classification", "classify"}, {"cleansing", "cleanse"},
    {"cleanup", "clean"}, {"collection", "collect"}, {"communication", "communicate"},
    {"comparison", "compare"}, {"compilation", "compile"}, {"confirmation", "confirm"},
    {"consolidation", "consolidate"}, {"construction", "construct"}, {"consultation", "consult"},
    {"conversion", "convert"}, {"coordination", "coordinate"}, {"creation", "create"},
    {"deduplication", "deduplicate"}, {"deletion", "delete"}, {"delivery", "deliver"},
    {"deployment", "deploy"}, {"detection", "detect"}, {"diagnosis", "diagnose"},
    {"diagnostics", "diagnose"}, {"disbursement", "disburse"}, {"dispatch", "dispatch"},
    {"distribution", "distribute"}, {"enrichment", "enrich"}, {"enrollment", "enroll"},
    {"escalation", "escalate"}, {"evaluation", "evaluate"}, {"examination", "examine"},
    {"execution", "execute"}, {"extraction", "extract"}, {"fabrication", "fabricate"},
    {"follow-up", "follow up"}, {"forecasting", "forecast"}, {"fulfillment", "fulfill"},
    {"fulfilment", "fulfil"}, {"generation", "generate"}, {"handover", "hand over"},
    {"identification", "identify"}, {"inspection", "inspect"}, {"installation", "install"},
    {"intake", "receive"}, {"integration", "integrate"}, {"investigation", "investigate"},
    {"localization", "localize"}, {"maintenance", "maintain"}, {"moderation", "moderate"},
    {"modification", "modify"}, {"negotiation", "negotiate"}, {"normalization", "normalize"},
    {"notification", "notify"}, {"offboarding", "offboard"}, {"onboarding", "onboard"},
    {"optimization", "optimize"}, {"packaging", "package"}, {"payment", "pay"}, {"payout", "pay"},
    {"personalization", "personalize"}, {"pickup", "pick up"}, {"preparation", "prepare"},
    {"prioritization", "prioritize"}, {"procurement", "procure"}, {"production", "produce"},
    {"promotion", "promote"}, {"publication", "publish"}, {"qualification", "qualify"},
    {"receipt", "receive"}, {"recommendation", "recommend"}, {"reconciliation", "reconcile"},
    {"recruitment", "recruit"}, {"registration", "register"}, {"reimbursement", "reimburse"},
    {"rejection", "reject"}, {"reminder", "remind"}, {"removal", "remove"}, {"renewal", "renew"},
    {"replacement", "replace"}, {"replenishment", "replenish"}, {"reservation", "reserve"},
    {"resolution", "resolve"}, {"response", "respond"}, {"retrieval", "retrieve"},
    {"rollout", "roll out"}, {"segmentation", "segment"}, {"selection", "select"},
    {"separation", "separate"}, {"shipment", "ship"}, {"signature", "sign"}, {"storage", "store"},
    {"submission", "submit"}, {"summarization", "summarize"}, {"summary", "summarize"},
    {"support", "support"}, {"synchronization", "synchronize"}, {"termination", "terminate"},
    {"transcription", "transcribe"}, {"transformation", "transform"},
    {"translation", "translate"}, {"transportation", "transport"}, {"treatment", "treat"},
    {"triage", "triage"}, {"validation", "validate"}, {"verification", "verify"},
    {"warehousing", "warehouse"},
};

constexpr std::string_view kDeterminerWords[] = {
    "a", "all", "an", "another", "any", "both", "dozen", "each", "eight", "either", "every",
    "few", "five", "four", "her", "his", "its", "many", "more", "most", "my", "neither", "nine",
    "no", "one", "other", "our", "seven", "several", "six", "some", "such", "ten", "the", "their",
    "these", "this", "those", "three", "twelve", "two", "your"};

constexpr std::string_view kSubjectWords[] = {
    "anybody", "anyone", "everybody", "everyone", "he", "i", "it", "nobody", "she", "somebody",
    "someone", "they", "we", "you"};

constexpr std::string_view kObjectWords[] = {
    "him", "me", "myself", "ourselves", "them", "themselves", "us"};

constexpr std::string_view kModalWords[] = {
    "can", "cannot", "could", "he'll", "i'd", "i'll", "it'll", "let's", "may", "might", "must",
    "shall", "she'll", "should", "they'd", "they'll", "we'd", "we'll", "will", "would", "you'd",
    "you'll"};

constexpr std::string_view kNegatedModalWords[] = {
    "can't", "couldn't", "didn't", "doesn't", "don't", "mustn't", "needn't", "shan't",
    "shouldn't", "won't", "wouldn't"};

constexpr std::string_view kBeWords[] = {
    "am", "are", "aren't", "be", "been", "being", "gets", "he's", "i'm", "is", "isn't", "it's",
    "she's", "that's", "there's", "they're", "was", "wasn't", "we're", "were", "weren't",
    "you're"};

constexpr std::string_view kNegationWords[] = {
    "never", "not"};

constexpr std::string_view kPrepositionWords[] = {
    "about", "above", "according", "across", "against", "along", "among", "around", "as", "at",
    "based", "behind", "below", "beside", "between", "beyond", "by", "concerning", "despite",
    "down", "during", "except", "for", "from", "in", "including", "inside", "instead", "into",
    "like", "minus", "near", "of", "off", "on", "onto", "out", "outside", "over", "per",
    "regarding", "than", "through", "throughout", "toward", "towards", "under", "up", "upon",
    "using", "versus", "via", "with", "within", "without"};

constexpr std::string_view kToWords[] = {
    "to"};

constexpr std::string_view kCoordinatorWords[] = {
    "&", "and", "but", "plus", "so", "then"};

constexpr std::string_view kAlternativeWords[] = {
    "and/or", "nor", "or"};

constexpr std::string_view kRelativeWords[] = {
    "that", "where", "whereby", "which", "who", "whom", "whose"};

constexpr std::string_view kComplementWords[] = {
    "how", "what", "whether", "why"};

constexpr std::string_view kAdverbWords[] = {
    "additionally", "afterward", "afterwards", "again", "almost", "already", "also", "always",
    "asap", "automatically", "away", "besides", "carefully", "correctly", "directly", "even",
    "eventually", "ever", "fifth", "finally", "first", "firstly", "fourth", "furthermore",
    "generally", "hello", "hence", "here", "hey", "hi", "however", "immediately", "in-house",
    "inhouse", "initially", "just", "kindly", "last", "lastly", "later", "manually", "maybe",
    "moreover", "next", "normally", "now", "occasionally", "often", "ok", "okay", "online",
    "only", "originally", "overnight", "perhaps", "please", "promptly", "properly", "quickly",
    "quite", "rather", "second", "secondly", "simply", "sometimes", "soon", "still",
    "subsequently", "successfully", "thanks", "there", "thereafter", "therefore", "third",
    "thirdly", "thus", "today", "together", "tomorrow", "too", "twice", "typically", "ultimately",
    "usually", "very", "well", "yes"};

constexpr std::string_view kActorWords[] = {
    "account", "accountant", "accounting", "adjuster", "admin", "administrator", "advisor",
    "agency", "agent", "analyst", "app", "applicant", "application", "approver", "architect",
    "assistant", "associate", "auditor", "authority", "bakery", "bank", "board", "bookkeeper",
    "borrower", "boss", "bot", "brand", "broker", "buyer", "caller", "candidate", "caregiver",
    "carrier", "cashier", "ceo", "cfo", "charity", "chef", "chief", "cio", "clerk", "client",
    "clinic", "clinician", "coach", "colleague", "committee", "company", "compliance",
    "consultant", "contractor", "controller", "coo", "coordinator", "copywriter", "council",
    "counsel", "courier", "court", "crew", "cto", "customer", "dealer", "dean", "dentist",
    "department", "developer", "device", "director", "dispatcher", "distributor", "doctor",
    "donor", "driver", "editor", "electrician", "employee", "engineer", "engineering", "examiner",
    "expert", "exporter", "factory", "farmer", "finance", "firm", "foreman", "forwarder",
    "founder", "franchisee", "freelancer", "guard", "guest", "hospital", "hotel", "hr", "human",
    "importer", "inspector", "installer", "instructor", "intern", "investigator", "investor",
    "janitor", "journalist", "judge", "kitchen", "lab", "laboratory", "landlord", "lawyer",
    "leader", "legal", "lender", "librarian", "logistics", "management", "manager", "marketing",
    "mechanic", "member", "merchant", "nurse", "office", "officer", "operations", "operator",
    "ops", "organisation", "organization", "owner", "panel", "paralegal", "partner", "passenger",
    "patient", "payroll", "peer", "people", "person", "pharmacist", "photographer", "pilot",
    "planner", "platform", "plumber", "president", "principal", "procurement", "producer",
    "professor", "programmer", "proofreader", "publisher", "purchaser", "purchasing",
    "receptionist", "recruiter", "registrar", "rep", "representative", "restaurant", "retailer",
    "reviewer", "robot", "sales", "salesperson", "scheduler", "school", "script", "secretary",
    "security", "seller", "sensor", "server", "shopper", "software", "specialist", "staff",
    "stakeholder", "startup", "student", "studio", "subcontractor", "subscriber", "supervisor",
    "supplier", "support", "surveyor", "system", "teacher", "team", "technician", "tenant",
    "tester", "therapist", "trainer", "translator", "treasurer", "truck", "tutor", "underwriter",
    "university", "user", "vendor", "veterinarian", "visitor", "volunteer", "waiter", "warehouse",
    "website", "wholesaler", "worker", "writer"};

constexpr std::string_view kNounWords[] = {
    "account's", "address", "analysis", "anything", "available", "banking", "basis", "bearing",
    "bed", "beginning", "bookings", "briefing", "building", "business", "ceiling", "clothing",
    "corresponding", "deed", "details", "dining", "due", "earnings", "ending", "evening",
    "everything", "existing", "farming", "finding", "findings", "fishing", "following",
    "gardening", "goods", "greeting", "greetings", "hearing", "heating", "housing", "hundred",
    "incoming", "interest", "interesting", "king", "late", "listings", "lodging", "meeting",
    "mining", "missing", "morning", "new", "news", "nothing", "offering", "old", "ongoing",
    "opening", "openings", "outgoing", "outstanding", "overdue", "parking", "pending", "plumbing",
    "postings", "process's", "ratings", "ready", "red", "remaining", "result", "results",
    "savings", "seed", "series", "setting", "settings", "shed", "something", "speed", "spending",
    "status", "string", "thing", "unpaid", "unread", "upcoming", "warning", "wedding"};

constexpr std::string_view kParticleWords[] = {
    "along", "around", "aside", "away", "back", "down", "forth", "in", "off", "on", "out", "over",
    "through", "together", "up"};

struct ClassGroup {
  Words words;
  WordClass word_class;
};

constexpr ClassGroup kClassGroups[] = {
    {kDeterminerWords, WordClass::determiner},
    {kSubjectWords, WordClass::subject},
    {kObjectWords, WordClass::object},
    {kModalWords, WordClass::modal},
    {kNegatedModalWords, WordClass::negated_modal},
    {kBeWords, WordClass::be},
    {kNegationWords, WordClass::negation},
    {kPrepositionWords, WordClass::preposition},
    {kToWords, WordClass::to},
    {kCoordinatorWords, WordClass::coordinator},
    {kAlternativeWords, WordClass::alternative},
    {kRelativeWords, WordClass::relative},
    {kComplementWords, WordClass::complement},
    {kAdverbWords, WordClass::adverb},
    {kActorWords, WordClass::actor},
    {kNounWords, WordClass::noun},
};

// clang-format on

constexpr bool all_sorted() {
  for (const VerbGroup& group : kVerbGroups)
    if (!std::is_sorted(group.words.begin(), group.words.end())) return false;
  for (const ClassGroup& group : kClassGroups)
    if (!std::is_sorted(group.words.begin(), group.words.end())) return false;
  constexpr auto by_form = [](const IrregularForm& a, const IrregularForm& b) {
    return a.form < b.form;
  };
  constexpr auto by_noun = [](const NounOfAction& a, const NounOfAction& b) {
    return a.noun < b.noun;
  };
  return std::is_sorted(std::begin(kIrregular), std::end(kIrregular), by_form) &&
         std::is_sorted(std::begin(kNounsOfAction), std::end(kNounsOfAction), by_noun) &&
         std::is_sorted(std::begin(kParticleWords), std::end(kParticleWords));
}
static_assert(all_sorted(), "binary search needs sorted tables");

}  // namespace llmw::tables
