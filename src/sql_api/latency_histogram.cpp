// latency_histogram(), latency_histogram_merge(), latency_percentile(): latencies in bigint[]
// values.
//
// The state of the aggregates is a MergeableHistogram in the memory context of the aggregate.

#include <memory_resource>
#include <new>

#include "core/error.hpp"
#include "core/mergeable_histogram.hpp"
#include "pg/boundary.hpp"

namespace llmw {

namespace {

/// Memory of a memory context, for what goes with the context without being destroyed.
class ContextMemory final : public std::pmr::memory_resource {
 public:
  explicit ContextMemory(MemoryContext context) : context_(context) {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t) override {
    return PgCall([=, this] { return MemoryContextAlloc(context_, bytes); });
  }
  void do_deallocate(void* memory, std::size_t, std::size_t) override { pfree(memory); }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  MemoryContext context_;
};

/// The state of an aggregate: never destroyed, freed with its context.
struct HistogramState {
  explicit HistogramState(MemoryContext context) : memory(context), histogram(&memory) {}

  ContextMemory memory;
  MergeableHistogram histogram;
};

/// The numbers of argument `n`, a bigint[] that anybody may have put together.
std::span<const std::int64_t> pairs_argument(FunctionCallInfo fcinfo, int n) {
  const Datum value = PG_GETARG_DATUM(n);
  ArrayType* array = PgCall([=] { return DatumGetArrayTypeP(value); });
  if (ARR_NDIM(array) == 0) return {};
  if (ARR_NDIM(array) != 1 || array_contains_nulls(array))
    throw Error(sqlstate::kInvalidParameterValue, "malformed latency histogram",
                "It must have one dimension and no null.",
                "Histograms are made by latency_histogram() and latency_histogram_merge().");
  return {reinterpret_cast<const std::int64_t*>(ARR_DATA_PTR(array)),
          static_cast<std::size_t>(ARR_DIMS(array)[0])};
}

MergeableHistogram histogram_argument(FunctionCallInfo fcinfo, int n) {
  MergeableHistogram histogram;
  histogram.add_pairs(pairs_argument(fcinfo, n));
  return histogram;
}

Datum to_array(const MergeableHistogram& histogram) {
  const auto size = static_cast<int>(histogram.pairs_size());
  if (size == 0) return PointerGetDatum(PgCall([] { return construct_empty_array(INT8OID); }));
  const Size bytes = ARR_OVERHEAD_NONULLS(1) + static_cast<Size>(size) * sizeof(std::int64_t);
  auto* array = static_cast<ArrayType*>(PgCall([=] { return palloc0(bytes); }));
  SET_VARSIZE(array, bytes);
  array->ndim = 1;
  array->dataoffset = 0;
  array->elemtype = INT8OID;
  ARR_DIMS(array)[0] = size;
  ARR_LBOUND(array)[0] = 1;
  histogram.write_pairs(reinterpret_cast<std::int64_t*>(ARR_DATA_PTR(array)));
  return PointerGetDatum(array);
}

HistogramState& new_state(MemoryContext context) {
  void* memory = PgCall([=] { return MemoryContextAlloc(context, sizeof(HistogramState)); });
  return *new (memory) HistogramState(context);
}

HistogramState* find_state(FunctionCallInfo fcinfo, int n) {
  if (PG_ARGISNULL(n)) return nullptr;
  return reinterpret_cast<HistogramState*>(DatumGetPointer(PG_GETARG_DATUM(n)));
}

/// The state in argument 0, or a new one, which lasts as long as its group.
HistogramState& state_of(FunctionCallInfo fcinfo) {
  MemoryContext context = nullptr;
  if (AggCheckCallContext(fcinfo, &context) == 0)
    throw Error(sqlstate::kInternalError, "aggregate function called in non-aggregate context");
  HistogramState* state = find_state(fcinfo, 0);
  return state == nullptr ? new_state(context) : *state;
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_histogram_add) {
  llmw::HistogramState& state = llmw::state_of(fcinfo);
  if (!PG_ARGISNULL(1)) state.histogram.add(PG_GETARG_INT64(1));
  PG_RETURN_POINTER(&state);
}

LLMW_SQL_FUNCTION(llmw_histogram_add_pairs) {
  llmw::HistogramState& state = llmw::state_of(fcinfo);
  if (!PG_ARGISNULL(1)) state.histogram.add_pairs(llmw::pairs_argument(fcinfo, 1));
  PG_RETURN_POINTER(&state);
}

LLMW_SQL_FUNCTION(llmw_histogram_combine) {
  llmw::HistogramState& state = llmw::state_of(fcinfo);
  if (const auto* other = llmw::find_state(fcinfo, 1)) state.histogram.merge(other->histogram);
  PG_RETURN_POINTER(&state);
}

LLMW_SQL_FUNCTION(llmw_histogram_serialize) {
  using namespace llmw;
  const MergeableHistogram& histogram = find_state(fcinfo, 0)->histogram;
  const std::size_t bytes = histogram.pairs_size() * sizeof(std::int64_t);
  // Written where int64 may stand, then copied behind the four bytes of a bytea's header.
  auto* pairs = static_cast<std::int64_t*>(PgCall([=] { return palloc(bytes); }));
  histogram.write_pairs(pairs);
  return PgCall([=] {
    return PointerGetDatum(
        cstring_to_text_with_len(reinterpret_cast<const char*>(pairs), static_cast<int>(bytes)));
  });
}

LLMW_SQL_FUNCTION(llmw_histogram_deserialize) {
  using namespace llmw;
  const Datum value = PG_GETARG_DATUM(0);
  const bytea* serialized = PgCall([=] { return DatumGetByteaPP(value); });
  const std::size_t bytes = VARSIZE_ANY_EXHDR(serialized);
  auto* pairs = static_cast<std::int64_t*>(PgCall([=] { return palloc(bytes); }));
  std::memcpy(pairs, VARDATA_ANY(serialized), bytes);
  HistogramState& state = new_state(CurrentMemoryContext);
  state.histogram.add_pairs({pairs, bytes / sizeof(std::int64_t)});
  PG_RETURN_POINTER(&state);
}

LLMW_SQL_FUNCTION(llmw_histogram_to_array) {
  const auto* state = llmw::find_state(fcinfo, 0);
  return llmw::to_array(state == nullptr ? llmw::MergeableHistogram() : state->histogram);
}

LLMW_SQL_FUNCTION(llmw_merge_histograms) {
  llmw::MergeableHistogram sum = llmw::histogram_argument(fcinfo, 0);
  sum.add_pairs(llmw::pairs_argument(fcinfo, 1));
  return llmw::to_array(sum);
}

LLMW_SQL_FUNCTION(llmw_latency_percentile) {
  const std::optional<double> ms =
      llmw::histogram_argument(fcinfo, 0).percentile(PG_GETARG_FLOAT8(1));
  if (!ms) PG_RETURN_NULL();
  return Float8GetDatum(*ms);
}

LLMW_SQL_FUNCTION(llmw_latency_count) {
  return Int64GetDatum(llmw::histogram_argument(fcinfo, 0).count());
}
