#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "link.h"

namespace mlr3libtorch {

/// The values of the schema's arguments, complete and checked; given to the constructor.
class Arguments {
 public:
  explicit Arguments(const Link& link) : link_(link) {}

  /// Of type float, int or bool.
  double number(const std::string& name) const {
    const auto all = numbers(name);
    if (all.size() != 1) throw std::runtime_error("The argument '" + name + "' is not one number.");
    return all.front();
  }
  std::int64_t integer(const std::string& name) const { return static_cast<std::int64_t>(number(name)); }
  bool flag(const std::string& name) const { return number(name) != 0; }

  /// Of type float[] or int[].
  std::vector<double> numbers(const std::string& name) const {
    const double* data = nullptr;
    std::int64_t count = 0;
    link_.call(&abi::Services::argument_numbers, name.c_str(), &data, &count);
    return {data, data + count};
  }

  /// Of type str.
  std::string text(const std::string& name) const {
    const char* text = nullptr;
    link_.call(&abi::Services::argument_text, name.c_str(), &text);
    return text;
  }

  /// Whether an argument of an optional type (`float?`) has no value.
  bool is_none(const std::string& name) const {
    std::int32_t is_none = 0;
    link_.call(&abi::Services::argument_is_none, name.c_str(), &is_none);
    return is_none != 0;
  }

 private:
  Link link_;
};

}  // namespace mlr3libtorch
