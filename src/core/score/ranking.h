#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace mlr3libtorch::score {

/// The positions of n finite numbers, smallest number first; equal ones in their order.
std::vector<std::int64_t> order(const double* values, std::int64_t n);

/// Ranks from 1; equal numbers share the mean of theirs.
std::vector<double> ranks(const std::vector<double>& values);

/// Positive and negative weight of rows with the same value.
struct Tie {
  double value = 0;
  double positive = 0;
  double negative = 0;
};

/// Calls `use(tie)` for each value of n finite numbers, rising. `positive`, `negative`: the weight of a row on its
/// side.
template <class Positive, class Negative, class Use>
void for_each_tie(const double* values, std::int64_t n, const Positive positive, const Negative negative, Use use) {
  Tie tie;
  bool is_first = true;
  for (const auto row : order(values, n)) {
    if (!is_first && values[row] != tie.value) {
      use(tie);
      tie = {};
    }
    is_first = false;
    tie.value = values[row];
    tie.positive += positive(row);
    tie.negative += negative(row);
  }
  if (!is_first) use(tie);
}

/// The area under a ROC curve, from ties by rising value.
class CurveArea {
 public:
  void add(const Tie& tie) {
    pairs_ += tie.positive * (negative_ + 0.5 * tie.negative);
    positive_ += tie.positive;
    negative_ += tie.negative;
  }
  /// The probability that a positive row has a larger value than a negative one, ties counting half; NaN if one side
  /// has no weight.
  double value() const {
    const double all = positive_ * negative_;
    return all == 0 ? std::numeric_limits<double>::quiet_NaN() : pairs_ / all;
  }

 private:
  double positive_ = 0;
  double negative_ = 0;
  double pairs_ = 0;
};

template <class Positive, class Negative>
double area_under_curve(const double* values, std::int64_t n, const Positive positive, const Negative negative) {
  CurveArea area;
  for_each_tie(values, n, positive, negative, [&](const Tie& tie) { area.add(tie); });
  return area.value();
}

}  // namespace mlr3libtorch::score
