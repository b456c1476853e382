#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/kernel/loss_kernel.h"
#include "core/loss/settings_tensor.h"
#include "core/loss/units.h"
#include "core/value/registry.h"

namespace mlr3libtorch::loss {

/// The meaning of a network's outputs, for each number that it predicts.
struct Outputs {
  enum class Meaning { kValue, kLogValue, kMeanAndLogVariance, kQuantiles, kHazards };
  Meaning meaning = Meaning::kValue;
  std::int64_t count = 1;
  std::vector<double> quantiles;  // of which probabilities, for kQuantiles
  std::vector<double> cuts = {};  // the ends of the intervals of time, for kHazards
};

/// Compares outputs with the truth.
class Loss {
 public:
  /// `reduction`: LibTorch's code, see `reduction_code()`.
  explicit Loss(std::int64_t reduction) : reduction_(reduction) {}
  virtual ~Loss() = default;
  /// y_hat: [n, outputs] of the network; y as the data room makes it for the task; weights: [n], or undefined if all
  /// rows weigh 1. Returns a scalar: sum(weight * loss), for a mean divided by `denominator()`; if no row counts, the
  /// loss is 0. Each member of an ensemble, whose output is [n, members, outputs], is compared with the truth
  /// separately, so that a mean is that of the members' losses.
  at::Tensor forward(const at::Tensor& y_hat, const at::Tensor& y, const at::Tensor& weights = {}) const;
  /// What a mean over these rows is divided by: sum(weight * the row's share), which is neither the number of rows
  /// nor the sum of weights if classes have different weights or are ignored. 1 for a sum.
  /// So the loss of several batches together, and its gradient, is sum(denominator * loss) / sum(denominator) for a
  /// mean, and sum(loss) for a sum. A user's loss that returns one number for a batch is taken as a mean over rows.
  double denominator(const at::Tensor& y, const at::Tensor& weights = {}) const;
  /// The same as a scalar where y lies: to read a number from a GPU is to wait for all that it has to do.
  at::Tensor denominator_on_device(const at::Tensor& y, const at::Tensor& weights = {}) const;
  /// Whether the result is the mean of the rows' losses, else their sum.
  bool is_mean() const;
  virtual Outputs outputs() const { return {}; }
  /// Whether it is a user's code, which may write to its input.
  virtual bool is_user_code() const { return false; }
  /// Whether what a row loses depends on the other rows, so that the loss of a batch is not made of those of its parts.
  /// That is not known of a user's code, which is taken to go row by row.
  virtual bool compares_rows() const { return false; }
  /// The same by hand for the compiled step, with its gradient, for outputs of these sizes, [outputs] or
  /// [members, outputs], in the units that are used; null if there is none.
  std::unique_ptr<kernel::LossKernel> kernel_for(const std::vector<std::int64_t>& sizes) const;
  /// For a network of so many outputs; none where this has not been written.
  virtual std::unique_ptr<kernel::LossKernel> kernel(std::int64_t /*outputs*/) const { return nullptr; }

  /// Whether outputs are in the target's unit, or say something about it, so that both can be standardised.
  virtual bool has_units() const { return false; }
  /// From now on, outputs and truth are given in these units, and standardised before they are compared. Only if
  /// `has_units()`.
  void use_units(Units units);
  /// The outputs to start with, [outputs] float64, standardised if there are units: the logarithms of the classes'
  /// shares of the weight, or 0 for numbers. `classes`: 0 if the target is not one of classes.
  virtual at::Tensor start(const at::Tensor& y, const at::Tensor& weights, std::int64_t outputs,
                           std::int64_t classes) const;
  /// The mean loss of the best outputs that are the same for all rows, in the units that are used. None for a sum, for
  /// several targets, and for losses whose best outputs are not known. `outputs`: how many there are.
  std::optional<double> constant_loss(const at::Tensor& y, const at::Tensor& weights, std::int64_t outputs) const;

 protected:
  std::int64_t reduction() const { return reduction_; }

 private:
  /// `kernel()` in the units that are used.
  std::unique_ptr<kernel::LossKernel> kernel_in_units(std::int64_t outputs) const;
  /// [n], or [n, ...] if a row has several losses.
  virtual at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const = 0;
  /// The same for a loss that compares rows with each other, so that what a row loses depends on the weights of others;
  /// the result is still without the row's own weight.
  virtual at::Tensor weighted_row_losses(const at::Tensor& y_hat, const at::Tensor& y,
                                         const at::Tensor& /*weights*/) const {
    return row_losses(y_hat, y);
  }
  /// [n]: how much each row counts in a mean, for losses that weigh rows themselves; undefined: each counts 1.
  virtual at::Tensor row_shares(const at::Tensor& /*y*/) const { return {}; }
  /// Each [outputs]: outputs that are the same for all rows, one of which is the best of this kind or nearly so.
  /// y and weights, [n], are float64; class numbers are int64.
  virtual std::vector<at::Tensor> constants(const at::Tensor& /*y*/, const at::Tensor& /*weights*/,
                                            std::int64_t /*outputs*/) const {
    return {};
  }
  at::Tensor standard_row_losses(const at::Tensor& y_hat, const at::Tensor& y, const at::Tensor& weights) const;
  at::Tensor row_counts(const at::Tensor& y, const at::Tensor& weights) const;
  at::Tensor reduced(const at::Tensor& losses, const at::Tensor& y, const at::Tensor& weights) const;

  std::int64_t reduction_;
  std::optional<Units> units_;
  SettingsTensor shift_, scale_;  // of the units
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

/// Refuses what a user's loss has returned unless it is one number for each row, for each output, or for the whole
/// batch; a matrix with a row and a column for each row is a mistake of broadcasting.
void check_own_losses(const at::Tensor& losses, const at::Tensor& y_hat, const at::Tensor& y);

/// LibTorch's code for the argument `reduction`: "mean" or "sum".
std::int64_t reduction_code(const value::Arguments& arguments);
value::ArgumentDescription reduction_description();

}  // namespace mlr3libtorch::loss
