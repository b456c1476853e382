#include "core/network/operation.h"

namespace mlr3libtorch::network {
namespace {

std::map<std::string, InputCount>& input_counts() {
  static std::map<std::string, InputCount> counts;
  return counts;
}

}  // namespace

OperationRegistry& operations() {
  static OperationRegistry registry("operation");
  return registry;
}

InputCount input_count(const std::string& operation) {
  operations().at(operation);
  return input_counts().at(operation);
}

OperationRegistration::OperationRegistration(const std::string& schema, value::Description description,
                                             OperationRegistry::Factory factory, InputCount inputs) {
  input_counts().emplace(value::parse_schema(schema).name(), inputs);
  operations().add(schema, std::move(description), std::move(factory));
}

}  // namespace mlr3libtorch::network
