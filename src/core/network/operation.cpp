#include "core/network/operation.h"

namespace mlr3libtorch::network {

OperationRegistry& operations() {
  static OperationRegistry registry("operation");
  return registry;
}

}  // namespace mlr3libtorch::network
