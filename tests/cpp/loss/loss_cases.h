#pragma once

// LibTorch first, as in losses.h.
#include <torch/csrc/jit/api/module.h>

#include <sstream>
#include <string>
#include <vector>

#include "loss/losses.h"

namespace mlr3libtorch::test {

/// A loss with settings, and what it compares.
struct LossCase {
  std::string name;
  value::NamedValues arguments;
  std::int64_t outputs;
  std::int64_t classes;        // 0: numbers
  bool is_survival = false;    // the truth is (time, event)
  bool compares_rows = false;  // what a row loses depends on the other rows of the batch
};

inline std::string squared_error_code() { return "def forward(self, y_hat, y):\n  return torch.pow(y_hat - y, 2)\n"; }

/// The same as a file that another program has written.
inline at::Tensor squared_error_file() {
  torch::jit::Module module("Loss");
  module.define(squared_error_code());
  std::ostringstream stream;
  module.save(stream);
  const auto bytes = stream.str();
  return torch::tensor(std::vector<std::uint8_t>(bytes.begin(), bytes.end()), torch::kByte);
}

/// Every loss of the core, with every argument but `reduction`, whose values `for_each_reduction()` goes through.
inline std::vector<LossCase> loss_cases() {
  const auto three = numbers({0.5, 2, 1});
  const auto two = numbers({0.5, 2});
  return {{"mse", {}, 1, 0},
          {"l1", {}, 1, 0},
          {"huber", {{"delta", 0.7}}, 1, 0},
          {"smooth_l1", {{"beta", 0.5}}, 1, 0},
          {"poisson_nll", {}, 1, 0},
          {"poisson_nll", {{"log_input", false}, {"full", true}, {"eps", 3.0}}, 1, 0},
          {"gaussian_nll", {{"full", true}, {"eps", 0.5}}, 2, 0},
          {"quantile", {{"quantiles", numbers({0.1, 0.5, 0.9})}}, 3, 0},
          {"script", {{"code", squared_error_code()}, {"outputs", 1}}, 1, 0},
          {"script_file", {{"file", squared_error_file()}, {"name", "squares"}, {"outputs", 1}}, 1, 0},
          {"cross_entropy", {}, 3, 3},
          {"cross_entropy", {{"class_weight", three}}, 3, 3},
          {"cross_entropy", {{"class_weight", three}, {"label_smoothing", 0.2}, {"ignore_index", 1}}, 3, 3},
          {"cross_entropy", {}, 1, 2},
          {"cross_entropy", {{"class_weight", two}}, 1, 2},
          {"cross_entropy", {{"ignore_index", 1}}, 1, 2},
          {"cross_entropy", {{"class_weight", two}, {"label_smoothing", 0.2}}, 1, 2},
          {"focal", {{"gamma", 1.5}}, 3, 3},
          {"focal", {{"class_weight", two}}, 1, 2},
          {"multi_margin", {{"class_weight", three}, {"p", 2}, {"margin", 0.5}}, 3, 3},
          {"multi_margin", {}, 1, 2},
          {"bce_with_logits", {{"pos_weight", 3.0}}, 1, 2},
          {"bce_with_logits", {}, 3, 3},
          {"cox_ph", {}, 1, 0, true, true},
          {"discrete_hazard", {{"cuts", numbers({1, 2.5, 3})}}, 3, 0, true}};
}

inline constexpr std::int64_t kLossRows = 7;

/// What a network could give for rows of such a loss, and what could be true.
inline at::Tensor outputs_for(const LossCase& loss) {
  return torch::arange(kLossRows * loss.outputs, at::kFloat).mul_(1.7).sin_().view({kLossRows, loss.outputs});
}

inline at::Tensor target_for(const LossCase& loss) {
  const auto index = torch::arange(kLossRows, at::kLong);
  if (loss.is_survival) return survival_truth(kLossRows);
  if (loss.classes == 0) return index.remainder(4).to(at::kFloat).unsqueeze(1);
  if (loss.outputs == 1) return index.remainder(2).to(at::kFloat).unsqueeze(1);
  return index.remainder(loss.classes);
}

/// A loss, and its gradient by the outputs.
struct Comparison {
  at::Tensor loss, gradient;
};

inline Comparison compare(const loss::Loss& loss, const at::Tensor& y_hat, const at::Tensor& y,
                          const at::Tensor& weights) {
  const auto variable = y_hat.clone().requires_grad_();
  const auto value = loss.forward(variable, y, weights);
  value.backward();
  return {value.detach(), variable.grad()};
}

template <class Check>
void for_each_reduction(const std::vector<LossCase>& cases, const Check& check) {
  for (auto example : cases) {
    for (const std::string reduction : {"mean", "sum"}) {
      example.arguments["reduction"] = reduction;
      CAPTURE(example.name, example.outputs, example.arguments.size(), reduction);
      check(example);
    }
  }
}

}  // namespace mlr3libtorch::test
