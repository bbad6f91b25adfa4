#include "shmem/payload.hpp"

#include "pg/boundary.hpp"
#include "shmem/shared_memory.hpp"

namespace llmw {

namespace {

dsa_area* area = nullptr;

}  // namespace

void attach_payload() {
  if (area != nullptr) return;
  area = PgCall([] {
    void* place = shared_payload_place();
    MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
    dsa_area* attached = dsa_attach_in_place(place, nullptr);
    MemoryContextSwitchTo(old);
    dsa_pin_mapping(attached);
    on_shmem_exit(dsa_on_shmem_exit_release_in_place, PointerGetDatum(place));
    return attached;
  });
}

dsa_pointer store_payload(std::string_view bytes) {
  // A request larger than the whole area would be an error instead of a refusal.
  if (bytes.empty() || bytes.size() > shared().payload_size) return InvalidDsaPointer;
  const dsa_pointer payload =
      dsa_allocate_extended(area, bytes.size(), DSA_ALLOC_NO_OOM | DSA_ALLOC_HUGE);
  if (DsaPointerIsValid(payload))
    std::memcpy(dsa_get_address(area, payload), bytes.data(), bytes.size());
  return payload;
}

std::string load_payload(dsa_pointer payload, Size size) {
  return std::string(static_cast<const char*>(dsa_get_address(area, payload)), size);
}

void free_payload(dsa_pointer payload) {
  if (DsaPointerIsValid(payload)) dsa_free(area, payload);
}

}  // namespace llmw
