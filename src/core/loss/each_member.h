#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/kernel/loss_kernel.h"

namespace mlr3libtorch::loss {

/// Compares each member of an ensemble, whose outputs lie member after member in a row, with the row's truth.
class EachMember : public kernel::LossKernel {
 public:
  EachMember(std::unique_ptr<kernel::LossKernel> kernel, std::int64_t members)
      : kernel_(std::move(kernel)), members_(members) {}

  bool accepts(std::int64_t outputs, const kernel::Target& target) const override {
    return outputs % members_ == 0 && kernel_->accepts(outputs / members_, target);
  }

  float compare(std::int64_t rows, std::int64_t outputs, const float* y_hat, const kernel::Target& target,
                float* gradients) override {
    const kernel::Target repeated{repeat(target.values, rows, target.width, values_),
                                  repeat(target.numbers, rows, target.width, numbers_), target.width,
                                  repeat(target.weights, rows, 1, weights_)};
    return kernel_->compare(rows * members_, outputs / members_, y_hat, repeated, gradients);
  }

 private:
  /// Each row as often as there are members; null stays null.
  template <class Number>
  const Number* repeat(const Number* from, std::int64_t rows, std::int64_t width, std::vector<Number>& memory) const {
    if (from == nullptr) return nullptr;
    memory.resize(static_cast<std::size_t>(rows * members_ * width));
    auto* to = memory.data();
    for (std::int64_t row = 0; row < rows; ++row, from += width) {
      for (std::int64_t member = 0; member < members_; ++member) to = std::copy_n(from, width, to);
    }
    return memory.data();
  }

  std::unique_ptr<kernel::LossKernel> kernel_;
  std::int64_t members_;
  std::vector<float> values_, weights_;
  std::vector<std::int64_t> numbers_;
};

}  // namespace mlr3libtorch::loss
