#include <ATen/core/jit_type.h>

#include "glue/convert.h"
#include "glue/index_base.h"

namespace mlr3libtorch::glue {
namespace {

const value::ArgumentDescription* described(const value::Description& description, const std::string& name) {
  for (const auto& argument : description.arguments) {
    if (argument.name == name) return &argument;
  }
  return nullptr;
}

/// The type as R's side knows it: "float", "int[]", "Tensor"; optional ones end in "?".
std::string type_name(const c10::Argument& argument) {
  auto type = argument.real_type();
  const bool optional = type->kind() == c10::TypeKind::OptionalType;
  if (optional) type = type->castRaw<c10::OptionalType>()->getElementType();
  std::string name = type->kind() == c10::TypeKind::ListType
                         ? type->castRaw<c10::ListType>()->getElementType()->str() + "[]"
                         : type->str();
  return optional ? name + "?" : name;
}

/// If R counts an argument from 1, its default and bounds do so, too.
c10::IValue default_of(const c10::Argument& argument, Base base) {
  const auto& value = *argument.default_value();
  return base == Base::kIndex && value.isInt() && value.toInt() >= 0 ? c10::IValue(value.toInt() + 1) : value;
}

Rcpp::List argument_to_r(const c10::Argument& argument, const value::ArgumentDescription* description, Base base) {
  Rcpp::List result;
  result["name"] = argument.name();
  result["type"] = type_name(argument);
  result["length"] = argument.N() ? Rcpp::wrap(static_cast<int>(*argument.N())) : R_NilValue;
  result["required"] = !argument.default_value().has_value();
  result["default"] = argument.default_value() ? to_r(default_of(argument, base)) : R_NilValue;
  const value::ArgumentDescription none{argument.name(), ""};
  const auto& facts = description == nullptr ? none : *description;
  result["doc"] = facts.doc;
  result["lower"] = facts.lower + (base == Base::kIndex && facts.lower >= 0 ? 1 : 0);
  result["upper"] = facts.upper;
  result["choices"] = facts.choices.empty() ? R_NilValue : Rcpp::wrap(facts.choices);
  return result;
}

}  // namespace

Rcpp::List schema_to_r(const value::Entry& entry) {
  Rcpp::List arguments;
  for (const auto& argument : entry.schema.arguments()) {
    arguments[argument.name()] = argument_to_r(argument, described(entry.description, argument.name()),
                                               argument_base(entry.schema.name(), argument));
  }
  return Rcpp::List::create(Rcpp::Named("name") = entry.schema.name(), Rcpp::Named("label") = entry.description.label,
                            Rcpp::Named("doc") = entry.description.doc,
                            Rcpp::Named("tags") = Rcpp::wrap(entry.description.tags),
                            Rcpp::Named("arguments") = arguments);
}

}  // namespace mlr3libtorch::glue
