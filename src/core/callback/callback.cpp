#include "core/callback/callback.h"

#include <map>

namespace mlr3libtorch::callback {
namespace {

std::map<std::string, StageSet>& stages_by_name() {
  static std::map<std::string, StageSet> stages;
  return stages;
}

}  // namespace

CallbackRegistry& callbacks() {
  static CallbackRegistry registry("callback");
  return registry;
}

CallbackRegistration::CallbackRegistration(const char* schema, StageSet stages, value::Description description,
                                           CallbackRegistry::Factory factory) {
  stages_by_name().emplace(value::parse_schema(schema).name(), stages);
  callbacks().add(schema, std::move(description), std::move(factory));
}

const StageSet& native_stages(const std::string& name) {
  callbacks().at(name);
  return stages_by_name().at(name);
}

}  // namespace mlr3libtorch::callback
