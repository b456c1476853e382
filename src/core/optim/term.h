#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/maximum.h>

#include <utility>

namespace mlr3libtorch::optim {

/// A tensor times a number, for the formula of a rule. The number waits until the next operation can take it along.
/// A copy stands for the same tensor: `*=`, `+=` and `-=` change what the slice refers to.
class Term {
 public:
  explicit Term(at::Tensor tensor, double factor = 1) : tensor_(std::move(tensor)), factor_(factor) {}

  void operator*=(double number) {
    if (number != 1) tensor_.mul_(number);
  }
  void operator+=(const Term& other) { tensor_.add_(other.tensor_, other.factor_); }
  void operator-=(const Term& other) { tensor_.sub_(other.tensor_, other.factor_); }
  friend void raise_to(Term& largest, const Term& other) {
    at::maximum_out(largest.tensor_, largest.tensor_, other.tensor_);
  }

  friend void assign(Term& target, const Term& other) { target.tensor_.copy_(other.product()); }
  friend void assign(Term& target, double number) { target.tensor_.fill_(number); }

  friend Term operator*(double number, const Term& a) { return Term(a.tensor_, number * a.factor_); }
  friend Term operator*(const Term& a, const Term& b) { return Term(a.tensor_.mul(b.tensor_), a.factor_ * b.factor_); }
  friend Term operator/(const Term& a, const Term& b) { return Term(a.tensor_.div(b.tensor_), a.factor_ / b.factor_); }
  friend Term operator/(double number, const Term& a) { return Term(a.tensor_.reciprocal(), number / a.factor_); }
  friend Term operator+(const Term& a, const Term& b) {
    return b.factor_ == 0 ? a : Term(a.product().add(b.tensor_, b.factor_));
  }
  friend Term operator-(const Term& a, const Term& b) { return a + -1 * b; }
  friend Term operator+(const Term& a, double number) { return Term(a.product().add(number)); }
  friend Term operator-(double number, const Term& a) { return -1 * a + number; }
  friend Term sqrt(const Term& a) { return Term(a.product().sqrt()); }
  friend Term sign(const Term& a) { return Term(a.product().sign()); }
  friend Term clamp(const Term& a, double least, double most) { return Term(a.product().clamp(least, most)); }
  friend Term by_sign(const Term& a, double negative, double zero, double positive) {
    const auto signs = a.product().sign();
    const auto filled = signs.masked_fill(signs.lt(0), negative).masked_fill(signs.gt(0), positive);
    return Term(filled.masked_fill(signs.eq(0), zero));
  }

 private:
  at::Tensor product() const { return factor_ == 1 ? tensor_ : tensor_.mul(factor_); }

  at::Tensor tensor_;
  double factor_;
};

}  // namespace mlr3libtorch::optim
