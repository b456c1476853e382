#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "core/kernel/loss_kernel.h"
#include "core/value/registry.h"

namespace mlr3libtorch::loss {

/// Compares outputs with the truth.
class Loss {
 public:
  virtual ~Loss() = default;
  /// y_hat: [n, outputs] of the network; y as the data room makes it for the task. Returns a scalar.
  virtual at::Tensor forward(const at::Tensor& y_hat, const at::Tensor& y) const = 0;
  /// How many outputs the network has for each number that it is to predict.
  virtual std::int64_t outputs_per_target() const { return 1; }
  /// The same by hand for the compiled step, with its gradient, for a network of so many outputs; none where this has
  /// not been written.
  virtual std::unique_ptr<kernel::LossKernel> kernel(std::int64_t /*outputs*/) const { return nullptr; }
};

/// The tags of an entry are the task types it fits.
using LossRegistry = value::Registry<Loss>;
LossRegistry& losses();

/// A file that implements a loss holds one of these at namespace scope.
struct LossRegistration {
  LossRegistration(const char* schema, value::Description description, LossRegistry::Factory factory) {
    losses().add(schema, std::move(description), std::move(factory));
  }
};

/// LibTorch's code for the argument `reduction`: "mean" or "sum".
std::int64_t reduction_code(const value::Arguments& arguments);
value::ArgumentDescription reduction_description();

}  // namespace mlr3libtorch::loss
