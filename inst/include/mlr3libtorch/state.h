#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "link.h"

namespace mlr3libtorch {

/// Named numbers that are kept after the run: in `learner$model$callbacks`, in checkpoints, in R files.
/// A number keeps its bits. In R, numbers are a numeric vector and floats a tensor.
class State {
 public:
  explicit State(const Link& link) : link_(link) {}

  void set(const std::string& name, double number) { set(name, std::vector<double>{number}); }
  void set(const std::string& name, const std::vector<double>& numbers) {
    link_.call(&abi::Services::put_numbers, name.c_str(), numbers.data(), size_of(numbers));
  }
  void set(const std::string& name, const std::vector<float>& floats) {
    link_.call(&abi::Services::put_floats, name.c_str(), floats.data(), size_of(floats));
  }

  bool contains(const std::string& name) const {
    std::int32_t contains = 0;
    link_.call(&abi::Services::state_contains, name.c_str(), &contains);
    return contains != 0;
  }
  double number(const std::string& name) const {
    const auto all = numbers(name);
    if (all.size() != 1) throw std::runtime_error("In a saved state, '" + name + "' is not one number.");
    return all.front();
  }
  std::vector<double> numbers(const std::string& name) const {
    const double* data = nullptr;
    std::int64_t count = 0;
    link_.call(&abi::Services::get_numbers, name.c_str(), &data, &count);
    return {data, data + count};
  }
  std::vector<float> floats(const std::string& name) const {
    const float* data = nullptr;
    std::int64_t count = 0;
    link_.call(&abi::Services::get_floats, name.c_str(), &data, &count);
    return {data, data + count};
  }

 private:
  template <class Vector>
  static std::int64_t size_of(const Vector& values) {
    return static_cast<std::int64_t>(values.size());
  }

  Link link_;
};

}  // namespace mlr3libtorch
