#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/loss/loss.h"
#include "core/loss/settings_tensor.h"

/// What classification losses share. Classes come in two encodings: K logits and class numbers (from 0), or, for two
/// classes, one logit and 1 for the first class, 0 for the second.
namespace mlr3libtorch::loss {

/// logits: [n, K], K at least 2; numbers: [n] int64.
struct Classes {
  at::Tensor logits;
  at::Tensor numbers;
};

/// [n] int64, from either encoding.
at::Tensor class_numbers(const at::Tensor& y);

/// One logit z of two classes is the same as the two logits z and 0.
Classes as_classes(const at::Tensor& y_hat, const at::Tensor& y);

/// A weight for each class, in the order of the levels; undefined unless the argument `class_weight` is given.
class ClassWeight {
 public:
  explicit ClassWeight(const value::Arguments& arguments);

  bool given() const { return weight_.given().defined(); }
  /// Empty unless given.
  std::vector<float> values() const;
  /// A different number of classes is a ConfigError.
  void check(std::int64_t classes) const;
  /// [classes], with dtype and device of `logits`; undefined unless given. Another number of classes is a ConfigError.
  at::Tensor like(const at::Tensor& logits, std::int64_t classes) const;
  /// [n] float32: the weight of each row's class; undefined unless given. numbers: [n] int64.
  at::Tensor of(const at::Tensor& numbers) const;

  static value::ArgumentDescription description();

 private:
  SettingsTensor weight_;
};

}  // namespace mlr3libtorch::loss
