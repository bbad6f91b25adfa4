#include "shmem/payload.hpp"

#include "pg/boundary.hpp"
#include "shmem/shared_memory.hpp"

namespace llmw {

namespace {

dsa_area* area = nullptr;

// Stands before each payload: how much is freed with it.
struct Header {
  Size bytes;
};

Header* header_of(dsa_pointer payload) {
  return static_cast<Header*>(dsa_get_address(area, payload));
}

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
  const Size size = sizeof(Header) + bytes.size();
  const dsa_pointer payload = dsa_allocate_extended(area, size, DSA_ALLOC_NO_OOM | DSA_ALLOC_HUGE);
  if (!DsaPointerIsValid(payload)) return payload;
  Header* header = header_of(payload);
  header->bytes = size;
  std::memcpy(header + 1, bytes.data(), bytes.size());
  pg_atomic_fetch_add_u64(&shared().payload_used, static_cast<std::int64_t>(size));
  return payload;
}

std::string load_payload(dsa_pointer payload, Size size) {
  return std::string(reinterpret_cast<const char*>(header_of(payload) + 1), size);
}

void free_payload(dsa_pointer payload) {
  if (!DsaPointerIsValid(payload)) return;
  pg_atomic_fetch_sub_u64(&shared().payload_used, static_cast<int64>(header_of(payload)->bytes));
  dsa_free(area, payload);
}

Size payload_used() { return pg_atomic_read_u64(&shared().payload_used); }

}  // namespace llmw
