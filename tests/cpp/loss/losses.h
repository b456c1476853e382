#pragma once

// LibTorch first: it has macros of the names of Catch2's, and Catch2 must have the last word.
#include <torch/torch.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "core/loss/loss.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test {

inline std::unique_ptr<loss::Loss> make_loss(const std::string& name, const value::NamedValues& values) {
  return loss::losses().make(name, loss::losses().bind(name, values));
}

inline double compute_loss(const std::string& name, const value::NamedValues& values, const at::Tensor& y_hat,
                           const at::Tensor& y) {
  const auto result = make_loss(name, values)->forward(y_hat, y);
  CHECK(result.dim() == 0);
  return result.item<double>();
}

inline c10::List<double> numbers(std::initializer_list<double> values) { return c10::List<double>(values); }

inline at::Tensor column(const std::vector<double>& values) { return torch::tensor(values, at::kDouble).unsqueeze(1); }

/// (time, event) of so many rows: times from 1 to 4 with ties, and one in three rows without an event.
inline at::Tensor survival_truth(std::int64_t rows) {
  const auto index = torch::arange(rows, at::kLong);
  return torch::stack({index.remainder(4).add(1), index.remainder(3).ne(0).to(at::kLong)}, 1).to(at::kFloat);
}

inline Approx near(double value) { return Approx(value).epsilon(1e-6); }

/// Logits of three rows and three classes whose probabilities are these; the rows belong to the classes 0, 2, 1.
inline at::Tensor logits() {
  return torch::tensor({{0.5, 0.25, 0.25}, {0.2, 0.2, 0.6}, {0.1, 0.8, 0.1}}, at::kDouble).log();
}
inline at::Tensor classes() { return torch::tensor({0, 2, 1}, at::kLong); }

/// One logit a row; 1 is the first class.
inline at::Tensor logit() { return column({0.3, -1.2, 2.0, 0.0}); }
inline at::Tensor first() { return column({1, 0, 0, 1}); }

/// The same as two logits and class numbers.
inline at::Tensor two_logits() { return torch::cat({logit(), torch::zeros_like(logit())}, 1); }
inline at::Tensor two_classes() { return (1 - first()).squeeze(1).to(at::kLong); }

}  // namespace mlr3libtorch::test
