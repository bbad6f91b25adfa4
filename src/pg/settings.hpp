#pragma once
// The settings (GUCs) of the extension, prefix `llm_workflow.`. One table in settings.cpp holds
// name, default, bounds, unit and text; docs/settings.md is checked against it.

#include "pg/postgres.hpp"

namespace llmw {

enum ComplexitySetting {
  kComplexityNone,
  kComplexityAuto,  ///< by the rule on the prompt
  kComplexityLow,
  kComplexityMedium,
  kComplexityHigh
};
enum ResponseModeSetting { kResponseModeMachine, kResponseModeHumanDebug };

/// Values as PostgreSQL keeps them. Read-only for everyone but the GUC machinery.
struct Settings {
  char* primary_model;
  char* fallback_models;
  bool enable_fallback;
  int request_timeout;    ///< milliseconds
  int max_output_tokens;  ///< tokens
  int max_retries;
  int repair_attempts;
  int retry_base_delay;  ///< milliseconds
  char* format;
  char* compact;   ///< "off", "on", or a list of formats
  int complexity;  ///< of requests whose caller does not say
  int response_mode;
  bool store_prompts;
  char* baseline_model;
  int max_concurrent_calls;  ///< on the wire at once, of each worker
  int job_retry_delay;       ///< milliseconds
  int job_attempts;
  char* max_request_cost;    ///< decimal USD; empty: none
  char* max_statement_cost;  ///< the same
  int idle_timeout;          ///< milliseconds
  int max_waiting_requests;  ///< slots; fixed at server start
  int payload_memory;        ///< kilobytes; fixed at server start
  int max_workers;           ///< of all databases at once; fixed at server start
  int workers_per_database;
  bool enabled;               ///< whether calls may be made
  char* crash_point;          ///< for tests: pg/crash_point.hpp
  char* audit_digest_target;  ///< "log", a file, or empty: nowhere
  int max_endpoints;          ///< cells of shmem/endpoints.hpp; fixed at server start
};

extern Settings settings;

/// Defines all settings. Called once, by _PG_init; those fixed at server start are defined only
/// while shared_preload_libraries is being processed, as PostgreSQL demands.
void define_settings();

}  // namespace llmw
