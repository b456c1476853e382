#include "core/value/arguments.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/base/error.h"
#include "core/value/largest_whole.h"

namespace mlr3libtorch::value {
namespace {

const ArgumentDescription* find_description(const Description& description, const std::string& name) {
  const auto& arguments = description.arguments;
  const auto found =
      std::find_if(arguments.begin(), arguments.end(), [&](const auto& argument) { return argument.name == name; });
  return found == arguments.end() ? nullptr : &*found;
}

std::string show(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

std::string bounds_text(const ArgumentDescription& description) {
  if (std::isinf(description.upper)) return "at least " + show(description.lower);
  if (std::isinf(description.lower)) return "at most " + show(description.upper);
  return "between " + show(description.lower) + " and " + show(description.upper);
}

[[noreturn]] void refuse(const std::string& owner, const std::string& name, const std::string& expected,
                         const std::string& given) {
  throw base::Error("argument", "Argument '" + name + "' of " + owner + " must be " + expected + ", not " + given + ".",
                    {{"owner", owner}, {"argument", name}, {"expected", expected}, {"given", given}});
}

void check_number(const std::string& owner, const ArgumentDescription& description, double number) {
  if (std::isnan(number) || number < description.lower || number > description.upper) {
    refuse(owner, description.name, bounds_text(description), show(number));
  }
}

void check_bounds(const std::string& owner, const ArgumentDescription& description, const c10::IValue& value) {
  if (value.isDouble() || value.isInt()) check_number(owner, description, value.toScalar().toDouble());
  if (value.isDoubleList()) {
    for (const double number : value.toDoubleVector()) check_number(owner, description, number);
  }
  if (value.isIntList()) {
    for (const auto number : value.toIntVector()) check_number(owner, description, static_cast<double>(number));
  }
  if (!value.isString() || description.choices.empty()) return;
  const auto& choices = description.choices;
  if (std::find(choices.begin(), choices.end(), value.toStringRef()) != choices.end()) return;
  std::string expected = "one of ";
  for (const auto& choice : choices) expected += (&choice == &choices.front() ? "'" : ", '") + choice + "'";
  refuse(owner, description.name, expected, "'" + value.toStringRef() + "'");
}

/// Whole numbers for numbers, and numbers that are whole for whole ones: who calls from R writes 5 for both.
c10::IValue as_number_of(const c10::Argument& argument, c10::IValue value) {
  auto type = argument.type();
  if (type->kind() == c10::TypeKind::OptionalType) type = type->castRaw<c10::OptionalType>()->getElementType();
  if (value.isInt() && type->kind() == c10::TypeKind::FloatType) return static_cast<double>(value.toInt());
  const bool is_whole = value.isDouble() && std::trunc(value.toDouble()) == value.toDouble() &&
                        std::abs(value.toDouble()) <= kLargestWhole;
  if (is_whole && type->kind() == c10::TypeKind::IntType) return static_cast<std::int64_t>(value.toDouble());
  return value;
}

c10::IValue checked(const std::string& owner, const c10::Argument& argument, const Description& description,
                    c10::IValue value) {
  value = as_number_of(argument, std::move(value));
  if (!value.type()->isSubtypeOf(*argument.type())) {
    refuse(owner, argument.name(), "of type " + argument.type()->str(), "of type " + value.type()->str());
  }
  value = repeated(argument, std::move(value));
  const auto length = argument.N();
  if (length && value.isList() && static_cast<std::int32_t>(value.toListRef().size()) != *length) {
    refuse(owner, argument.name(), "of length " + std::to_string(*length),
           "of length " + std::to_string(value.toListRef().size()));
  }
  if (const auto* described = find_description(description, argument.name())) check_bounds(owner, *described, value);
  return value;
}

std::vector<std::string> argument_names(const c10::FunctionSchema& schema) {
  std::vector<std::string> names;
  for (const auto& argument : schema.arguments()) names.push_back(argument.name());
  return names;
}

}  // namespace

c10::IValue repeated(const c10::Argument& argument, c10::IValue value) {
  const auto length = argument.N();
  const bool is_one = length && value.isIntList() && value.toListRef().size() == 1;
  if (!is_one) return value;
  return std::vector<std::int64_t>(static_cast<std::size_t>(*length), value.toIntVector().front());
}

Arguments Arguments::bind(const std::string& kind, const c10::FunctionSchema& schema, const Description& description,
                          const NamedValues& given) {
  Arguments arguments(kind, &schema, &description);
  for (const auto& argument : schema.arguments()) {
    if (argument.default_value()) arguments.values_[argument.name()] = *argument.default_value();
  }
  for (const auto& [name, value] : given) arguments.set(name, value);
  for (const auto& argument : schema.arguments()) {
    if (arguments.values_.count(argument.name())) continue;
    throw base::Error("argument",
                      "Argument '" + argument.name() + "' of " + kind + " '" + schema.name() + "' is required.",
                      {{"owner", kind + " '" + schema.name() + "'"}, {"argument", argument.name()}});
  }
  return arguments;
}

void Arguments::set(const std::string& name, const c10::IValue& value) {
  const auto owner = kind_ + " '" + schema_->name() + "'";
  const auto index = schema_->argumentIndexWithName(name);
  if (!index) throw base::UnknownNameError("argument of " + owner, name, argument_names(*schema_));
  values_[name] = checked(owner, schema_->arguments()[*index], *description_, value);
}

const c10::IValue& Arguments::at(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    throw base::UnknownNameError("argument of " + kind_ + " '" + schema_->name() + "'", name, argument_names(*schema_));
  }
  return found->second;
}

}  // namespace mlr3libtorch::value
