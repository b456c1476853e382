#pragma once

#include <cmath>
#include <type_traits>
#include <utility>

#include "core/kernel/vectorised.h"
#include "core/optim/term.h"
#include "core/optim/update_rule.h"

/// For rules that treat each element by itself. Their formula stands once: its `Value` is an element, or a `Term` for
/// all elements at once. Its constants are of type `Number`: that of the elements, or double beside tensors.
namespace mlr3libtorch::optim {

using std::sqrt;

/// A NaN stays one.
template <class Real>
Real sign(Real x) {
  return x > 0 ? Real(1) : (x < 0 ? Real(-1) : x);
}

/// The number for x's sign; a NaN stays one.
template <class Real>
Real by_sign(Real x, Real negative, Real zero, Real positive) {
  return x > 0 ? positive : (x < 0 ? negative : (x == 0 ? zero : x));
}

/// A NaN stays one.
template <class Real>
Real clamp(Real x, Real least, Real most) {
  return x < least ? least : (x > most ? most : x);
}

template <class Real>
void assign(Real& target, const Real& other) {
  target = other;
}

/// Puts the larger of two in the place of the first; a NaN in `other` stays.
template <class Real>
void raise_to(Real& largest, const Real& other) {
  largest = other < largest ? largest : other;
}

/// A mean that keeps a share of itself in each step.
template <class Number>
struct RunningMean {
  Number keep, share;

  explicit RunningMean(double kept) : RunningMean(kept, 1 - kept) {}
  RunningMean(double kept, double taken) : keep(static_cast<Number>(kept)), share(static_cast<Number>(taken)) {}

  template <class Value>
  void add(Value& mean, const Value& x) const {
    mean *= keep;
    mean += share * x;
  }
  template <class Value>
  void add_square(Value& mean, const Value& x) const {
    mean *= keep;
    mean += share * x * x;
  }
};

template <bool... kUsed, class Real, class Formula, std::size_t... kIndex>
void apply(const ElementSlice<Real>& slice, const Formula& formula, std::index_sequence<kIndex...>) {
  kernel::for_each_element(slice.length, [formula, values = slice.values, gradients = slice.gradients,
                                          columns = slice.statistics](std::int64_t i) {
    Real value = values[i];
    Real statistics[] = {(kUsed ? columns[kIndex][i] : Real(0))...};
    formula(value, gradients[i], statistics[kIndex]...);
    ((kUsed ? void(columns[kIndex][i] = statistics[kIndex]) : void()), ...);
    values[i] = value;
  });
}

template <bool... kUsed, class Formula, std::size_t... kIndex>
void apply(const TensorSlice& slice, const Formula& formula, std::index_sequence<kIndex...>) {
  Term value(slice.values);
  Term statistics[] = {Term(slice.statistics[kIndex])...};
  formula(value, Term(slice.gradients), statistics[kIndex]...);
}

/// Calls `formula(value, gradient, statistics...)`, which changes the value and the statistics.
/// `kUsed` tells of each statistic whether the settings use it; the formula leaves the others alone.
template <bool... kUsed, class Slice, class Formula>
void apply(const Slice& slice, const Formula& formula) {
  apply<kUsed...>(slice, formula, std::make_index_sequence<sizeof...(kUsed)>());
}

/// Calls `body` with `std::true_type` or `std::false_type`: a choice made once, outside the loop over elements.
template <class Body>
void with_flag(bool flag, const Body& body) {
  if (flag) {
    body(std::true_type{});
  } else {
    body(std::false_type{});
  }
}

/// `Rule` has `template <class Slice> void update_slice(settings, slice)`, which calls `apply()`.
template <class Rule>
class ElementwiseRule : public UpdateRule {
 public:
  void update(const value::Arguments& settings, const ElementSlice<float>& slice) const final {
    rule().update_slice(settings, slice);
  }
  void update(const value::Arguments& settings, const ElementSlice<double>& slice) const final {
    rule().update_slice(settings, slice);
  }
  void update(const value::Arguments& settings, const TensorSlice& slice) const final {
    rule().update_slice(settings, slice);
  }

 private:
  const Rule& rule() const { return static_cast<const Rule&>(*this); }
};

}  // namespace mlr3libtorch::optim
