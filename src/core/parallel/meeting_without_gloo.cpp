// Compiled where the headers of Gloo were not found.
#include "core/base/error.h"
#include "core/parallel/meeting.h"

namespace mlr3libtorch::parallel {

std::unique_ptr<Exchange> meet(const Meeting& /*meeting*/, base::Interrupt& /*interrupt*/) {
  throw base::ConfigError(
      "A run cannot be spread over workers, because this package was built without Gloo. Install Gloo's headers "
      "(Debian, Ubuntu: apt-get install libgloo-dev) and install mlr3libtorch again.");
}

void refuse(const Meeting& /*meeting*/, const std::string& /*reason*/) {}

bool can_meet() { return false; }

}  // namespace mlr3libtorch::parallel
