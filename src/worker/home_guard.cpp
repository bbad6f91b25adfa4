#include "worker/home_guard.hpp"

#include "pg/sending.hpp"
#include "pg/settings.hpp"

namespace llmw {

void HomeGuard::refresh() {
  away_ = not_at_home();
  known_ = true;
}

bool HomeGuard::sending_forbidden() const {
  return !settings.enabled || !known_ || away_.has_value();
}

Error HomeGuard::reason() const { return settings.enabled && away_ ? *away_ : switched_off(); }

}  // namespace llmw
