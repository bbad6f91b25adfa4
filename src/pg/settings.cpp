#include "pg/settings.hpp"

#include <climits>

#include "core/money.hpp"

namespace llmw {

Settings settings;

namespace {

// The empty name is left out of the list of valid values.
constexpr config_enum_entry kComplexities[] = {
    {"", kComplexityNone, true},      {"auto", kComplexityAuto, false},
    {"low", kComplexityLow, false},   {"medium", kComplexityMedium, false},
    {"high", kComplexityHigh, false}, {nullptr, 0, false},
};

constexpr config_enum_entry kResponseModes[] = {
    {"machine", kResponseModeMachine, false},
    {"human_debug", kResponseModeHumanDebug, false},
    {nullptr, 0, false},
};

void define_string(const char* name, const char* text, char** variable, const char* value) {
  DefineCustomStringVariable(name, text, nullptr, variable, value, PGC_USERSET, 0, nullptr, nullptr,
                             nullptr);
}

void define_bool(const char* name, const char* text, bool* variable, bool value) {
  DefineCustomBoolVariable(name, text, nullptr, variable, value, PGC_USERSET, 0, nullptr, nullptr,
                           nullptr);
}

struct IntSetting {
  const char* name;
  const char* text;
  int* variable;
  int value;
  int minimum;
  int maximum;
  GucContext context;
  int flags;
};

void define_int(const IntSetting& s) {
  DefineCustomIntVariable(s.name, s.text, nullptr, s.variable, s.value, s.minimum, s.maximum,
                          s.context, s.flags, nullptr, nullptr, nullptr);
}

extern "C" {

static bool llmw_check_cost(char** value, void**, GucSource) {
  if (**value == '\0' || parse_money(*value)) return true;
  GUC_check_errdetail(
      "It is a plain decimal of US dollars with at most 14 digits after the point, "
      "such as 0.05; empty for no limit.");
  return false;
}

}  // extern "C"

void define_cost(const char* name, const char* text, char** variable) {
  DefineCustomStringVariable(name, text, nullptr, variable, "", PGC_USERSET, 0, llmw_check_cost,
                             nullptr, nullptr);
}

void define_generation_settings() {
  define_string("llm_workflow.primary_model", "Sets the model that is asked first.",
                &settings.primary_model, "gpt-4o-mini");
  define_string("llm_workflow.fallback_models",
                "Sets the models that are asked, in order, when the ones before them fail.",
                &settings.fallback_models, "claude-sonnet-4");
  define_bool("llm_workflow.enable_fallback",
              "Allows the models of llm_workflow.fallback_models to be asked.",
              &settings.enable_fallback, true);
  DefineCustomEnumVariable(
      "llm_workflow.complexity", "Sets the complexity of requests whose caller does not say.",
      "auto: by a rule on the prompt; empty: none.", &settings.complexity, kComplexityNone,
      kComplexities, PGC_USERSET, 0, nullptr, nullptr, nullptr);
  define_string("llm_workflow.format", "Sets the format of generated documents.", &settings.format,
                "pilot");
  define_string("llm_workflow.compact",
                "Sets the formats that models answer in the compact form: on, off or a list.",
                &settings.compact, "off");
  DefineCustomEnumVariable("llm_workflow.response_mode",
                           "Sets whether models answer with the document only or also explain it.",
                           nullptr, &settings.response_mode, kResponseModeMachine, kResponseModes,
                           PGC_USERSET, 0, nullptr, nullptr, nullptr);
  define_bool("llm_workflow.store_prompts",
              "Stores the texts of requests: prompts, documents and messages.",
              &settings.store_prompts, true);
  define_string("llm_workflow.baseline_model",
                "Sets the model against whose price savings are computed.",
                &settings.baseline_model, "claude-sonnet-4");
  define_cost("llm_workflow.max_request_cost", "Sets the most USD that one request may cost.",
              &settings.max_request_cost);
  define_cost("llm_workflow.max_statement_cost",
              "Sets the most USD that the requests of one statement may cost together.",
              &settings.max_statement_cost);
}

void define_limits() {
  const IntSetting limits[] = {
      {"llm_workflow.request_timeout", "Sets the longest time that one call may take.",
       &settings.request_timeout, 30'000, 1, 3'600'000, PGC_USERSET, GUC_UNIT_MS},
      {"llm_workflow.max_output_tokens", "Sets the most tokens that a model may answer with.",
       &settings.max_output_tokens, 12'000, 1, 1'000'000, PGC_USERSET, 0},
      {"llm_workflow.max_retries", "Sets how often a model is asked again after a transient error.",
       &settings.max_retries, 2, 0, 10, PGC_USERSET, 0},
      {"llm_workflow.repair_attempts",
       "Sets how often a model is told what is wrong with its document before the next is asked.",
       &settings.repair_attempts, 1, 0, 3, PGC_USERSET, 0},
      {"llm_workflow.retry_base_delay",
       "Sets the longest wait before the first retry; it doubles with each further one.",
       &settings.retry_base_delay, 500, 0, 60'000, PGC_USERSET, GUC_UNIT_MS},
      {"llm_workflow.job_attempts", "Sets how often a job is tried before it fails.",
       &settings.job_attempts, 3, 1, 100, PGC_USERSET, 0},
      {"llm_workflow.max_concurrent_calls", "Sets how many calls and jobs a worker has at once.",
       &settings.max_concurrent_calls, 1000, 1, 100'000, PGC_SIGHUP, 0},
      {"llm_workflow.job_retry_delay",
       "Sets the longest wait before the second attempt of a job; it doubles with each further "
       "one.",
       &settings.job_retry_delay, 10'000, 0, 3'600'000, PGC_SIGHUP, GUC_UNIT_MS},
      {"llm_workflow.idle_timeout", "Sets after how much idle time the worker of a database exits.",
       &settings.idle_timeout, 60'000, 100, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS},
  };
  for (const IntSetting& limit : limits) define_int(limit);
}

// Of the whole server: in the configuration file only.
void define_operation_settings() {
  define_int({"llm_workflow.workers_per_database", "Sets how many workers a database can have.",
              &settings.workers_per_database, 1, 1, 32, PGC_SIGHUP, 0});
  DefineCustomBoolVariable("llm_workflow.enabled", "Allows calls to be made.",
                           "When off, no new call leaves the server; jobs wait.", &settings.enabled,
                           true, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
  DefineCustomStringVariable(
      "llm_workflow.audit_digest_target",
      "Sets where the heads of the audit chains are written every 30 seconds.",
      "log: the server log; else the name of a file, to which lines are added; empty: nowhere.",
      &settings.audit_digest_target, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, nullptr, nullptr, nullptr);
  DefineCustomStringVariable("llm_workflow.crash_point",
                             "Names the place at which a process kills itself, for tests.", nullptr,
                             &settings.crash_point, "", PGC_SIGHUP,
                             GUC_NOT_IN_SAMPLE | GUC_NO_SHOW_ALL, nullptr, nullptr, nullptr);
}

void define_server_start_settings() {
  const IntSetting sizes[] = {
      {"llm_workflow.max_waiting_requests",
       "Sets how many requests of all databases can wait for their result at once.",
       &settings.max_waiting_requests, 1000, 1, 100'000, PGC_POSTMASTER, 0},
      {"llm_workflow.payload_memory",
       "Sets the shared memory for prompts and results on their way to and from workers.",
       &settings.payload_memory, 65'536, 1024, MAX_KILOBYTES, PGC_POSTMASTER, GUC_UNIT_KB},
      {"llm_workflow.max_workers", "Sets how many workers all databases can have at once.",
       &settings.max_workers, 16, 1, 1024, PGC_POSTMASTER, 0},
      {"llm_workflow.max_endpoints",
       "Sets how many models and servers of all databases can have limits and circuits at once.",
       &settings.max_endpoints, 256, 16, 65'536, PGC_POSTMASTER, 0},
  };
  for (const IntSetting& size : sizes) define_int(size);
}

}  // namespace

void define_settings() {
  define_generation_settings();
  define_limits();
  define_operation_settings();
  if (process_shared_preload_libraries_in_progress) define_server_start_settings();
  MarkGUCPrefixReserved("llm_workflow");
}

}  // namespace llmw
