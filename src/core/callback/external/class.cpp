#include "core/callback/external/class.h"

#include <ATen/core/jit_type.h>
#include <dlfcn.h>

#include <algorithm>

#include "core/base/error.h"

namespace mlr3libtorch::callback {
namespace {

// The public header has its own list of stages, since it stands alone.
static_assert(abi::kStageCount == static_cast<int>(kStageCount));
#define MLR3LIBTORCH_STAGE(stage) static_assert(kStages[abi::stage].name == #stage);
MLR3LIBTORCH_STAGES(MLR3LIBTORCH_STAGE)
#undef MLR3LIBTORCH_STAGE

void check_version(const abi::Class& described) {
  if (described.version == abi::kVersion) return;
  const auto theirs = static_cast<std::int64_t>(described.version);
  const auto ours = static_cast<std::int64_t>(abi::kVersion);
  throw base::Error("callback_version",
                    "This C++ callback was compiled against version " + std::to_string(theirs) +
                        " of mlr3libtorch's header, and the package has version " + std::to_string(ours) +
                        "; compile it again, with `Rcpp::sourceCpp(..., rebuild = TRUE)`.",
                    {{"given", theirs}, {"expected", ours}});
}

/// The library that this code is part of stays loaded while it runs.
bool is_own(const Dl_info& library) {
  Dl_info own{};
  return dladdr(reinterpret_cast<const void*>(check_version), &own) != 0 && own.dli_fbase == library.dli_fbase;
}

void keep_library_of(const void* function) {
  Dl_info library{};
  const bool is_there = dladdr(function, &library) != 0;
  if (is_there && is_own(library)) return;
  if (!is_there || dlopen(library.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) == nullptr) {
    throw base::Error("handle", "The library that this C++ callback was compiled into is not loaded; compile it again.",
                      {{"what", std::string("C++ callback")}});
  }
}

c10::FunctionSchema read_schema(const std::string& text) {
  try {
    return value::parse_schema(text);
  } catch (const std::exception&) {
    throw base::ConfigError("The schema of a C++ callback cannot be read: '" + text +
                                "'. It looks like 'name(float limit=1.0, int every=1) -> ()'.",
                            {{"schema", text}});
  }
}

/// Types that can be handed over as numbers or a text.
void check_type(const c10::Argument& argument, const std::string& owner) {
  static const std::vector<std::string> known{"float", "int", "bool", "str", "float[]", "int[]"};
  auto type = argument.type();
  if (type->kind() == c10::TypeKind::OptionalType) type = type->castRaw<c10::OptionalType>()->getElementType();
  const auto name = type->kind() == c10::TypeKind::ListType
                        ? type->castRaw<c10::ListType>()->getElementType()->str() + "[]"
                        : type->str();
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  throw base::ConfigError("C++ callback '" + owner + "': the argument '" + argument.name() + "' has the type '" + name +
                              "'; use float, int, bool, str, float[] or int[].",
                          {{"argument", argument.name()}});
}

value::Description describe(const abi::Class& described, const c10::FunctionSchema& schema) {
  value::Description description{*described.label == '\0' ? schema.name() : described.label, described.doc, {}};
  for (std::int32_t i = 0; i < described.argument_count; ++i) {
    const auto& facts = described.arguments[i];
    if (!schema.argumentIndexWithName(facts.name)) {
      throw base::ConfigError("C++ callback '" + schema.name() + "': '" + facts.name +
                                  "' is described, but the schema has no such argument.",
                              {{"argument", std::string(facts.name)}});
    }
    description.arguments.push_back({facts.name, facts.doc, facts.lower, facts.upper});
  }
  return description;
}

CallbackFacts facts_of(const abi::Class& described) {
  CallbackFacts facts;
  for (const auto& info : kStages) {
    if ((described.stages >> static_cast<unsigned>(info.stage)) & 1U) facts.stages.add(info.stage);
  }
  facts.weight = described.weight;
  return facts;
}

}  // namespace

std::shared_ptr<const ExternalClass> ExternalClass::open(const abi::Class& described) {
  check_version(described);
  keep_library_of(reinterpret_cast<const void*>(described.create));
  auto schema = read_schema(described.schema);
  for (const auto& argument : schema.arguments()) check_type(argument, schema.name());
  auto description = describe(described, schema);
  return std::shared_ptr<const ExternalClass>(
      new ExternalClass(described, {std::move(schema), std::move(description)}, facts_of(described)));
}

}  // namespace mlr3libtorch::callback
