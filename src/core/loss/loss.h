#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/kernel/loss_kernel.h"
#include "core/value/registry.h"

namespace mlr3libtorch::loss {

/// What the outputs of a network stand for, for each number that it is to predict.
struct Outputs {
  enum class Meaning { kValue, kMeanAndLogVariance, kQuantiles };
  Meaning meaning = Meaning::kValue;
  std::int64_t count = 1;
  std::vector<double> quantiles;  // of which probabilities, for kQuantiles
};

/// Compares outputs with the truth.
class Loss {
 public:
  virtual ~Loss() = default;
  /// y_hat: [n, outputs] of the network; y as the data room makes it for the task. Returns a scalar.
  virtual at::Tensor forward(const at::Tensor& y_hat, const at::Tensor& y) const = 0;
  virtual Outputs outputs() const { return {}; }
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
