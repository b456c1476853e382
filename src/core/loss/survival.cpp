#include "core/loss/survival.h"

#include <string>

#include "core/base/error.h"

namespace mlr3libtorch::loss {

void check_survival_target(const char* loss, const at::Tensor& y) {
  if (y.dim() == 2 && y.size(1) == 2 && y.is_floating_point()) return;
  throw base::ConfigError(std::string("The loss '") + loss +
                          "' needs a target of two columns of numbers, the time and whether there was an event (1 or "
                          "0), not one of the shape " +
                          c10::str(y.sizes()) + ".");
}

}  // namespace mlr3libtorch::loss
