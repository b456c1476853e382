#include "core/callback/callback.h"

namespace mlr3libtorch::callback {

CallbackRegistry& callbacks() {
  static CallbackRegistry registry("callback");
  return registry;
}

CallbackRegistration::CallbackRegistration(const char* schema, const CallbackFacts& facts,
                                           value::Description description, CallbackRegistry::Factory factory) {
  callbacks().add(schema, std::move(description), std::move(factory), facts);
}

std::unique_ptr<Callback> make_native(const std::string& name, const value::NamedValues& arguments, std::string id) {
  const auto& registry = callbacks();
  const auto bound = registry.bind(name, arguments);
  return registry.make(name, bound, {std::move(id), registry.at(name).facts.stages});
}

}  // namespace mlr3libtorch::callback
