#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/full.h>

#include <cmath>
#include <vector>

#include "core/optim/betas.h"
#include "core/optim/formula.h"

namespace mlr3libtorch::optim {
namespace {

bool uses_maximum(const value::Arguments& settings) { return settings.get<bool>("amsgrad"); }

/// Corrects for the statistics' start at zero.
template <bool kAmsgrad, class Number>
struct AdamStep {
  RunningMean<Number> first, second;
  Number eps, step_size, root_scale;
  Number penalty = 0;  // added to the gradient, times the value
  Number shrink = 1;   // multiplied to the value

  AdamStep(const value::Arguments& settings, std::int64_t count, bool decoupled)
      : AdamStep(settings, Betas(settings), static_cast<double>(count)) {
    const auto rate = settings.get<double>("lr");
    const auto weight_decay = settings.get<double>("weight_decay");
    (decoupled ? shrink : penalty) = decoupled ? 1 - rate * weight_decay : weight_decay;
  }

  template <class Value>
  void operator()(Value& value, const Value& slope, Value& mean, Value& square, Value& maximum) const {
    const Value gradient = slope + penalty * value;
    first.add(mean, gradient);
    second.add_square(square, gradient);
    if constexpr (kAmsgrad) raise_to(maximum, square);
    const Value& scale = kAmsgrad ? maximum : square;
    value *= shrink;
    value -= step_size * mean / (root_scale * sqrt(scale) + eps);
  }

 private:
  AdamStep(const value::Arguments& settings, const Betas& betas, double steps)
      : first(betas.first),
        second(betas.second),
        eps(settings.get<double>("eps")),
        step_size(settings.get<double>("lr") / (1 - std::pow(betas.first, steps))),
        root_scale(1 / std::sqrt(1 - std::pow(betas.second, steps))) {}
};

/// LibTorch's kernel goes through the memory once, where the formula in tensors does so a dozen times. It has the same
/// formula, for CUDA in all versions; for AdamW, only later ones have a name of their own.
void update_fused(const value::Arguments& settings, const TensorSlice& slice, bool decoupled) {
  const Betas betas(settings);
  const auto rate = settings.get<double>("lr"), weight_decay = settings.get<double>("weight_decay");
  const bool amsgrad = uses_maximum(settings);
  const auto list = [](const at::Tensor& tensor) { return std::vector<at::Tensor>{tensor}; };
  if (decoupled && weight_decay > 0) slice.values.mul_(1 - rate * weight_decay);
  const auto count = at::full({}, static_cast<double>(slice.step), slice.values.options().dtype(at::kFloat));
  at::_fused_adam_(list(slice.values), list(slice.gradients), list(slice.statistics[0]), list(slice.statistics[1]),
                   amsgrad ? list(slice.statistics[2]) : std::vector<at::Tensor>(), list(count), rate, betas.first,
                   betas.second, decoupled ? 0 : weight_decay, settings.get<double>("eps"), amsgrad,
                   /*maximize=*/false);
}

/// Adam, and AdamW, which shrinks the values themselves instead of adding the penalty's gradient.
template <bool kDecoupled>
class Adam : public ElementwiseRule<Adam<kDecoupled>> {
 public:
  const std::vector<Statistic>& statistics() const override {
    static const std::vector<Statistic> all = {{"exp_avg"}, {"exp_avg_sq"}, {"max_exp_avg_sq", uses_maximum}};
    return all;
  }

  void check(const value::Arguments& settings) const override { check_betas(settings); }

  void update_slice(const value::Arguments& settings, const TensorSlice& slice) const {
    if (slice.values.is_cuda()) return update_fused(settings, slice, kDecoupled);
    update_by_formula(settings, slice);
  }

  template <class Slice>
  void update_slice(const value::Arguments& settings, const Slice& slice) const {
    update_by_formula(settings, slice);
  }

 private:
  template <class Slice>
  void update_by_formula(const value::Arguments& settings, const Slice& slice) const {
    with_flag(uses_maximum(settings), [&](auto amsgrad) {
      const AdamStep<amsgrad.value, typename Slice::Number> step(settings, slice.step, kDecoupled);
      apply<true, true, amsgrad.value>(slice, step);
    });
  }
};

std::vector<value::ArgumentDescription> arguments(const std::string& weight_decay) {
  return {{"lr", "Learning rate.", 0},
          {"betas", "How much of the running means of the gradient and of its square is kept in each step.", 0, 1},
          {"eps", "Added to the denominator, so that it is never zero.", 0},
          {"weight_decay", weight_decay, 0},
          {"amsgrad", "Divide by the largest running mean of squares seen so far instead of the current one."}};
}

const UpdateRuleRegistration<Adam<false>> adam_registration(
    "adam(float lr=0.001, float[2] betas=[0.9, 0.999], float eps=1e-08, float weight_decay=0., bool amsgrad=False) -> "
    "()",
    {"Adam",
     "Scales each gradient by running means of the gradient and of its square. See Kingma and Ba (2015), "
     "arXiv:1412.6980.",
     arguments("Factor of an L2 penalty, whose gradient is added to the gradient.")});

const UpdateRuleRegistration<Adam<true>> adamw_registration(
    "adamw(float lr=0.001, float[2] betas=[0.9, 0.999], float eps=1e-08, float weight_decay=0.01, bool amsgrad=False) "
    "-> ()",
    {"AdamW",
     "Adam with weight decay that is decoupled from the gradient. See Loshchilov and Hutter (2019), arXiv:1711.05101.",
     arguments("In each step a weight loses this share of itself, times the learning rate.")});

}  // namespace
}  // namespace mlr3libtorch::optim
