#include "core/data/moments.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernel/vectorised.h"

namespace mlr3libtorch::data {
namespace {

/// A standard deviation and its inverse must be ordinary float32 numbers.
constexpr double kLeastDeviation = 1e-37;

struct Sums {
  explicit Sums(std::int64_t columns)
      : sum(static_cast<std::size_t>(columns), 0.0),
        low(static_cast<std::size_t>(columns), std::numeric_limits<float>::infinity()),
        high(static_cast<std::size_t>(columns), -std::numeric_limits<float>::infinity()) {}

  std::vector<double> sum;
  std::vector<float> low;
  std::vector<float> high;
};

class ColumnPass {
 public:
  ColumnPass(const at::Tensor& x, const at::Tensor& weights)
      : x_(x.contiguous()), weights_(weights.defined() ? weights.contiguous() : weights) {}

  std::int64_t columns() const { return x_.size(1); }
  std::int64_t rows() const { return x_.size(0); }
  double weight(std::int64_t row) const { return weights_.defined() ? weights_.data_ptr<float>()[row] : 1.0; }
  double total() const {
    double total = 0;
    for (std::int64_t row = 0; row < rows(); ++row) total += weight(row);
    return total;
  }

  /// Rows without weight do not count.
  Sums sums() const {
    Sums sums(columns());
    for (std::int64_t row = 0; row < rows(); ++row) {
      const auto part = weight(row);
      if (part == 0) continue;
      kernel::for_each_element(columns(), [part, x = row_at(row), sum = sums.sum.data(), low = sums.low.data(),
                                           high = sums.high.data()](std::int64_t i) {
        sum[i] += part * static_cast<double>(x[i]);
        low[i] = std::min(low[i], x[i]);
        high[i] = std::max(high[i], x[i]);
      });
    }
    return sums;
  }

  std::vector<double> squares(const std::vector<double>& mean) const {
    std::vector<double> squares(mean.size(), 0.0);
    for (std::int64_t row = 0; row < rows(); ++row) {
      kernel::for_each_element(
          columns(), [part = weight(row), x = row_at(row), mean = mean.data(), to = squares.data()](std::int64_t i) {
            const double distance = static_cast<double>(x[i]) - mean[i];
            to[i] += part * distance * distance;
          });
    }
    return squares;
  }

 private:
  const float* row_at(std::int64_t row) const { return x_.data_ptr<float>() + row * columns(); }

  at::Tensor x_;
  at::Tensor weights_;
};

/// Whether the numbers differ by no more than a few steps of float32.
bool is_constant(float low, float high) {
  const double size = std::max(std::fabs(low), std::fabs(high));
  return !(static_cast<double>(high) - static_cast<double>(low) > size * std::ldexp(1.0, -22));
}

}  // namespace

Moments column_moments(const at::Tensor& x, const at::Tensor& weights) {
  const ColumnPass pass(x, weights);
  const auto total = pass.total();
  auto sums = pass.sums();
  Moments moments{std::move(sums.sum), {}};
  for (auto& mean : moments.mean) mean /= total;
  moments.deviation = pass.squares(moments.mean);
  for (std::size_t i = 0; i < moments.deviation.size(); ++i) {
    const auto deviation = std::sqrt(moments.deviation[i] / total);
    const bool is_one = is_constant(sums.low[i], sums.high[i]) || deviation < kLeastDeviation;
    moments.deviation[i] = is_one ? 1 : deviation;
  }
  return moments;
}

}  // namespace mlr3libtorch::data
