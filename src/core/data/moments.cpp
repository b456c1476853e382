#include "core/data/moments.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/data/loader.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::data {
namespace {

/// A standard deviation and its inverse must be ordinary float32 numbers.
constexpr double kLeastDeviation = 1e-37;

/// Of the rows so far, by column.
struct Sums {
  explicit Sums(std::int64_t columns)
      : sum(static_cast<std::size_t>(columns), 0.0),
        low(static_cast<std::size_t>(columns), std::numeric_limits<float>::infinity()),
        high(static_cast<std::size_t>(columns), -std::numeric_limits<float>::infinity()) {}

  double total = 0;
  std::vector<double> sum;
  std::vector<float> low;
  std::vector<float> high;
};

/// Some of the rows.
class Block {
 public:
  Block(const at::Tensor& x, const at::Tensor& weights)
      : x_(x.contiguous()), weights_(weights.defined() ? weights.contiguous() : weights) {}

  /// Rows without weight do not count.
  void add_to(Sums& sums) const {
    for (std::int64_t row = 0; row < rows(); ++row) {
      const auto part = weight(row);
      sums.total += part;
      if (part == 0) continue;
      kernel::for_each_element(columns(), [part, x = row_at(row), sum = sums.sum.data(), low = sums.low.data(),
                                           high = sums.high.data()](std::int64_t i) {
        sum[i] += part * static_cast<double>(x[i]);
        low[i] = std::min(low[i], x[i]);
        high[i] = std::max(high[i], x[i]);
      });
    }
  }

  void add_squares(const std::vector<double>& mean, std::vector<double>& squares) const {
    for (std::int64_t row = 0; row < rows(); ++row) {
      kernel::for_each_element(
          columns(), [part = weight(row), x = row_at(row), mean = mean.data(), to = squares.data()](std::int64_t i) {
            const double distance = static_cast<double>(x[i]) - mean[i];
            to[i] += part * distance * distance;
          });
    }
  }

 private:
  std::int64_t columns() const { return x_.size(1); }
  std::int64_t rows() const { return x_.size(0); }
  double weight(std::int64_t row) const { return weights_.defined() ? weights_.data_ptr<float>()[row] : 1.0; }
  const float* row_at(std::int64_t row) const { return x_.data_ptr<float>() + row * columns(); }

  at::Tensor x_;
  at::Tensor weights_;
};

/// Whether the numbers differ by no more than a few steps of float32.
bool is_constant(float low, float high) {
  const double size = std::max(std::fabs(low), std::fabs(high));
  return !(static_cast<double>(high) - static_cast<double>(low) > size * std::ldexp(1.0, -22));
}

/// Calls `look` for each block of rows.
using ForEachBlock = std::function<void(const std::function<void(const Block& block)>& look)>;

Moments moments_of(std::int64_t columns, const ForEachBlock& for_each_block) {
  Sums sums(columns);
  for_each_block([&](const Block& block) { block.add_to(sums); });
  Moments moments{std::move(sums.sum), std::vector<double>(static_cast<std::size_t>(columns), 0.0)};
  for (auto& mean : moments.mean) mean /= sums.total;
  for_each_block([&](const Block& block) { block.add_squares(moments.mean, moments.deviation); });
  for (std::size_t i = 0; i < moments.deviation.size(); ++i) {
    const auto deviation = std::sqrt(moments.deviation[i] / sums.total);
    const bool is_one = is_constant(sums.low[i], sums.high[i]) || deviation < kLeastDeviation;
    moments.deviation[i] = is_one ? 1 : deviation;
  }
  return moments;
}

constexpr std::int64_t kMomentRows = 4096;

}  // namespace

Moments column_moments(const at::Tensor& x, const at::Tensor& weights) {
  const Block all(x, weights);
  return moments_of(x.size(1), [&all](const auto& look) { look(all); });
}

Moments column_moments(const Dataset& dataset, std::size_t input, base::Interrupt& interrupt) {
  const auto part_of = [input](const auto& rows) {
    return in_codes(rows.codes, input) ? rows.codes[input].values : rows.x[input];
  };
  const auto example = part_of(dataset);
  if (example.dim() != 2 || example.scalar_type() != at::kFloat) {
    throw base::Error("tensor", "Means are taken of a matrix of float32 numbers with at least one row.");
  }
  return moments_of(example.size(1), [&](const auto& look) {
    Loader loader(dataset, {kMomentRows});
    Batch batch;
    while (loader.next(batch, interrupt)) {
      interrupt.check();
      look(Block(part_of(batch), batch.weights));
    }
  });
}

}  // namespace mlr3libtorch::data
