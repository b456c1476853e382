#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

namespace mlr3libtorch::loss {

/// Numbers of a loss's settings, in the dtype and on the device of what it compares. A copy to a GPU waits for all that
/// the GPU has to do, so it is made once and not in each step.
class SettingsTensor {
 public:
  SettingsTensor() = default;
  explicit SettingsTensor(at::Tensor given) : given_(std::move(given)) {}

  const at::Tensor& given() const { return given_; }

  /// Undefined if nothing is given.
  const at::Tensor& on(const at::Device& device, at::ScalarType type) const {
    const auto fits = [&](const at::Tensor& tensor) {
      return tensor.scalar_type() == type && tensor.device() == device;
    };
    if (!given_.defined() || fits(given_)) return given_;
    if (!copy_.defined() || !fits(copy_)) copy_ = given_.to(device, type);
    return copy_;
  }
  const at::Tensor& like(const at::Tensor& other) const { return on(other.device(), other.scalar_type()); }

 private:
  at::Tensor given_;
  mutable at::Tensor copy_;
};

}  // namespace mlr3libtorch::loss
