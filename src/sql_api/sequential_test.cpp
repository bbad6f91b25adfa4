// llmw_compare_arms() and llmw_quantile_ranks(): the statistics of experiments, for their views.

#include "core/sequential_test.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <type_traits>

#include "core/error.hpp"
#include "pg/boundary.hpp"

namespace llmw {

namespace {

/// With which an interval of llmw_compare_arms() is ever wrong.
constexpr double kAlpha = 0.05;

/// More evidence is not told apart.
constexpr double kGreatestEvidence = 1e9;

// The state of the aggregate is freed with its context.
static_assert(std::is_trivially_destructible_v<ArmBlocks>);

/// The blocks in argument 0, or new ones, which last as long as the group.
ArmBlocks& blocks_of(FunctionCallInfo fcinfo) {
  MemoryContext context = nullptr;
  if (AggCheckCallContext(fcinfo, &context) == 0)
    throw Error(sqlstate::kInternalError, "aggregate function called in non-aggregate context");
  if (!PG_ARGISNULL(0)) return *reinterpret_cast<ArmBlocks*>(DatumGetPointer(PG_GETARG_DATUM(0)));
  void* memory = PgCall([=] { return MemoryContextAlloc(context, sizeof(ArmBlocks)); });
  return *new (memory) ArmBlocks();
}

template <std::size_t kSize>
Datum to_float8_array(Datum (&values)[kSize]) {
  return PgCall([&] {
    return PointerGetDatum(construct_array(values, static_cast<int>(kSize), FLOAT8OID,
                                           sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
  });
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_arms_add) {
  llmw::ArmBlocks& blocks = llmw::blocks_of(fcinfo);
  if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2)) blocks.add(PG_GETARG_BOOL(1), PG_GETARG_BOOL(2));
  PG_RETURN_POINTER(&blocks);
}

LLMW_SQL_FUNCTION(llmw_arms_compare) {
  using namespace llmw;
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  const ArmBlocks& blocks = blocks_of(fcinfo);
  const ConfidenceInterval difference = blocks.difference(kAlpha);
  const double evidence = std::min(std::exp(blocks.log_evidence()), kGreatestEvidence);
  Datum values[] = {Float8GetDatum(evidence), Float8GetDatum(difference.low),
                    Float8GetDatum(difference.high)};
  return to_float8_array(values);
}

LLMW_SQL_FUNCTION(llmw_quantile_ranks) {
  using namespace llmw;
  const QuantileRanks ranks =
      quantile_ranks(PG_GETARG_INT64(0), PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2));
  return PgCall([&] {
    Datum values[] = {Int64GetDatum(ranks.low), Int64GetDatum(ranks.high)};
    return PointerGetDatum(
        construct_array(values, 2, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
  });
}
