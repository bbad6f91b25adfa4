// What a provider exports about its bill: tokens a day and model, and the list of the calls.
//
// Both are read from the bill's file, the one record there is. They are JSON; `GET /usage` has the
// form of OpenAI's usage API (buckets of a day, or of a minute or hour by `bucket_width=1m` or
// `1h`).
#pragma once

#include <string>
#include <string_view>

namespace llmw::sim {

// The buckets. `target` is the request's path and query.
std::string usage_buckets(const std::string& bill_file, std::string_view target);

// The billed calls, one object each: attempt_id, at (unix time), shape, model, tokens.
std::string usage_calls(const std::string& bill_file);

}  // namespace llmw::sim
