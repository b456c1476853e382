#include "core/callback/callback.h"

#include <map>

namespace mlr3libtorch::callback {
namespace {

std::map<std::string, CallbackFacts>& facts_by_name() {
  static std::map<std::string, CallbackFacts> facts;
  return facts;
}

}  // namespace

CallbackRegistry& callbacks() {
  static CallbackRegistry registry("callback");
  return registry;
}

CallbackRegistration::CallbackRegistration(const char* schema, const CallbackFacts& facts,
                                           value::Description description, CallbackRegistry::Factory factory) {
  facts_by_name().emplace(value::parse_schema(schema).name(), facts);
  callbacks().add(schema, std::move(description), std::move(factory));
}

const CallbackFacts& native_facts(const std::string& name) {
  callbacks().at(name);
  return facts_by_name().at(name);
}

}  // namespace mlr3libtorch::callback
