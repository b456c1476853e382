#include "core/network/operation.h"

namespace mlr3libtorch::network {

OperationRegistry& operations() {
  static OperationRegistry registry("operation");
  return registry;
}

OperationRegistration::OperationRegistration(const std::string& schema, value::Description description,
                                             OperationRegistry::Factory factory, InputCount inputs) {
  operations().add(schema, std::move(description), std::move(factory), inputs);
}

}  // namespace mlr3libtorch::network
