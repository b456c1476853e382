#include "core/value/plain_state.h"

#include <cmath>

#include "core/base/error.h"
#include "core/value/largest_whole.h"

namespace mlr3libtorch::value {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& expected) {
  throw base::Error("state", "In a saved state, " + what + " is not " + expected + ".", {{"field", what}});
}

std::int64_t read_integer(const c10::IValue& value, const std::string& what) {
  if (value.isInt()) return value.toInt();
  if (value.isDouble() && std::abs(value.toDouble()) <= kLargestWhole &&
      std::floor(value.toDouble()) == value.toDouble()) {
    return static_cast<std::int64_t>(value.toDouble());
  }
  refuse(what, "a whole number");
}

}  // namespace

Dictionary make_dictionary() { return Dictionary(c10::StringType::get(), c10::AnyType::get()); }

c10::impl::GenericList make_list() { return c10::impl::GenericList(c10::AnyType::get()); }

Dictionary read_dictionary(const c10::IValue& value, const std::string& what) {
  if (value.isGenericDict()) return value.toGenericDict();
  if (value.isList() && value.toListRef().empty()) return make_dictionary();
  refuse(what, "a named list");
}

std::vector<c10::IValue> read_list(const c10::IValue& value) {
  if (!value.isList()) return {value};
  const auto list = value.toList();
  return {list.begin(), list.end()};
}

std::vector<std::string> read_strings(const c10::IValue& value, const std::string& what) {
  std::vector<std::string> strings;
  for (const auto& element : read_list(value)) {
    if (!element.isString()) refuse(what, "a character vector");
    strings.push_back(element.toStringRef());
  }
  return strings;
}

std::vector<std::int64_t> read_integers(const c10::IValue& value, const std::string& what) {
  std::vector<std::int64_t> numbers;
  for (const auto& element : read_list(value)) numbers.push_back(read_integer(element, what));
  return numbers;
}

std::vector<double> read_numbers(const c10::IValue& value, const std::string& what) {
  std::vector<double> numbers;
  for (const auto& element : read_list(value)) {
    if (!element.isDouble() && !element.isInt()) refuse(what, "a numeric vector");
    numbers.push_back(element.toScalar().toDouble());
  }
  return numbers;
}

std::vector<at::Tensor> read_tensors(const c10::IValue& value, const std::string& what) {
  std::vector<at::Tensor> tensors;
  for (const auto& element : read_list(value)) {
    if (!element.isTensor()) refuse(what, "a list of tensors");
    tensors.push_back(element.toTensor());
  }
  return tensors;
}

c10::IValue field(const Dictionary& state, const std::string& name, const std::string& owner) {
  const auto found = state.find(name);
  if (found != state.end()) return found->value();
  throw base::Error("state", "The saved state of the " + owner + " has no field '" + name + "'.", {{"field", name}});
}

std::int64_t read_count(const Dictionary& state, const std::string& name, const std::string& owner) {
  const auto numbers = read_integers(field(state, name, owner), "'" + name + "'");
  if (numbers.size() == 1 && numbers.front() >= 0) return numbers.front();
  throw base::Error("state", "In a saved state, '" + name + "' is not one number that is at least 0.",
                    {{"field", name}});
}

}  // namespace mlr3libtorch::value
