#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "core/base/error.h"
#include "core/callback/context.h"
#include "core/callback/native_callback.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::callback {
namespace {

/// Lets the optimizer step once for several batches, with the gradient of the larger batch that they form.
class GradAccumulation : public NativeCallback {
 public:
  GradAccumulation(NativeSetup setup, std::vector<std::int64_t> n_batches, std::vector<std::int64_t> from_epoch)
      : NativeCallback(std::move(setup)), n_batches_(std::move(n_batches)), from_epoch_(std::move(from_epoch)) {
    const bool rising =
        std::adjacent_find(from_epoch_.begin(), from_epoch_.end(), std::greater_equal<>()) == from_epoch_.end();
    if (rising && from_epoch_.size() == n_batches_.size() && !from_epoch_.empty() && from_epoch_.front() == 1) return;
    std::string given;
    for (const auto epoch : from_epoch_) given += (given.empty() ? "" : ", ") + std::to_string(epoch);
    throw base::ConfigError(
        "'from_epoch' of 'grad_accumulation' must rise from 1 and be as long as 'n_batches', which has " +
            std::to_string(n_batches_.size()) + " elements; given is (" + given + ").",
        {{"argument", std::string("from_epoch")}});
  }

  void run(Stage /*stage*/, Context& context) override {
    if (context.is_late_step) return finish(context);
    // Skipped by an earlier callback.
    if (context.skip_step) return;
    const auto target = batches_in(context.epoch);
    const bool is_last = context.stop_epoch || context.step == context.loader_train.size();
    // Alone in its group: nothing to average.
    if (batches_ == 0 && (target == 1 || is_last)) return;
    add(context);
    context.skip_step = batches_ < target && !is_last;
    if (!context.skip_step) finish(context);
  }

  bool holds_gradients() const override { return batches_ > 0; }

  c10::IValue state() const override {
    if (batches_ == 0) return {};
    auto state = value::make_dictionary();
    state.insert("batches", batches_);
    state.insert("weight", weight_);
    state.insert("sum", sum_.clone());
    return state;
  }

  void load_state(const c10::IValue& saved) override {
    const auto state = value::read_dictionary(saved, "the state of 'grad_accumulation'");
    const auto batches = value::read_count(state, "batches", id());
    const auto weights = value::read_numbers(value::field(state, "weight", id()), "'weight'");
    if (weights.size() != 1 || !(weights.front() >= 0)) {
      throw base::Error("state", "In a saved state, 'weight' is not one number that is at least 0.",
                        {{"field", std::string("weight")}});
    }
    const auto sums = value::read_tensors(value::field(state, "sum", id()), "'sum'");
    if (sums.size() != 1)
      throw base::Error("state", "In a saved state, 'sum' is not one tensor.", {{"field", std::string("sum")}});
    batches_ = batches;
    weight_ = weights.front();
    sum_ = sums.front();
  }

 private:
  std::int64_t batches_in(std::int64_t epoch) const {
    const auto next = std::upper_bound(from_epoch_.begin(), from_epoch_.end(), epoch);
    return n_batches_[static_cast<std::size_t>(std::distance(from_epoch_.begin(), next) - 1)];
  }

  void add(const Context& context) {
    const auto& gradients = context.network.memory().gradients;
    const auto weight = context.loss_fn.denominator(context.batch.y, context.batch.weights);
    if (batches_ == 0) {
      sum_ = gradients * weight;
    } else {
      sum_.add_(gradients, weight);
    }
    weight_ += weight;
    ++batches_;
  }

  /// If all weights are 0, the gradients are zero anyway.
  void finish(Context& context) {
    const bool is_mean = context.loss_fn.is_mean() && weight_ > 0;
    context.network.memory().gradients.copy_(is_mean ? sum_.div_(weight_) : sum_);
    batches_ = 0;
    weight_ = 0;
  }

  std::vector<std::int64_t> n_batches_;
  std::vector<std::int64_t> from_epoch_;
  std::int64_t batches_ = 0;  // of the group so far
  double weight_ = 0;
  at::Tensor sum_;  // of the gradients, times what the losses of their batches were divided by
};

// Before callbacks that look at the gradients of a step.
constexpr double kWeight = -10;

const CallbackRegistration grad_accumulation_registration(
    "grad_accumulation(int[] n_batches, int[] from_epoch=[1]) -> ()", {{Stage::kAfterBackward}, kWeight},
    {"Gradient Accumulation",
     "Steps once for n_batches batches, with the gradient of the larger batch that they form. "
     "The last group of an epoch may be smaller. When an epoch is stopped within a group, after_backward is called "
     "once more at its end, for a step with the batches so far, at the learning rate of that moment.",
     {{"n_batches", "The number of batches of a step; several for a schedule by epoch.", 1},
      {"from_epoch", "The epochs from which each of these numbers holds; the first is 1.", 1}}},
    [](const value::Arguments& arguments, NativeSetup setup) {
      return std::make_unique<GradAccumulation>(std::move(setup), arguments.at("n_batches").toIntVector(),
                                                arguments.at("from_epoch").toIntVector());
    });

}  // namespace
}  // namespace mlr3libtorch::callback
