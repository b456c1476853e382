#include "core/network/operation.h"

namespace mlr3libtorch::network {

OperationRegistry& operations() {
  static OperationRegistry registry("operation");
  return registry;
}

std::string count_text(const InputCount& count) {
  if (count.least == count.most) return std::to_string(count.least);
  if (count.most == kAnyNumber.most) return "at least " + std::to_string(count.least);
  return std::to_string(count.least) + " to " + std::to_string(count.most);
}

OperationRegistration::OperationRegistration(const std::string& schema, value::Description description,
                                             OperationRegistry::Factory factory, InputCount inputs) {
  operations().add(schema, std::move(description), std::move(factory), inputs);
}

}  // namespace mlr3libtorch::network
