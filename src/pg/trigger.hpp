#pragma once
// The call of a function as a trigger.

#include "core/error.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// What the trigger was called for. Error 39P01 when the function was not called as a trigger.
inline TriggerData& trigger_of(FunctionCallInfo fcinfo) {
  if (!CALLED_AS_TRIGGER(fcinfo))
    throw Error("39P01", "this function can be called as a trigger only");
  return *reinterpret_cast<TriggerData*>(fcinfo->context);
}

}  // namespace llmw
