#include "core/score/outputs.h"

#include <algorithm>

#include "core/kernel/vectorised.h"
#include "core/score/double_functions.h"

namespace mlr3libtorch::score {
namespace {

void read_two_classes(const float* logits, bool with_probabilities, Prediction& prediction) {
  const auto rows = prediction.rows;
  kernel::for_each_element(rows, [=, response = prediction.predicted_class.data()](std::int64_t row) {
    response[row] = logits[row] >= 0 ? 0 : 1;
  });
  if (!with_probabilities) return;
  kernel::for_each_element(rows, [=, p = prediction.probabilities.data()](std::int64_t row) {
    const double logit = logits[row];
    const double small = exponential(logit < 0 ? logit : -logit);
    const double larger = 1 / (1 + small);
    const double smaller = small / (1 + small);
    p[row] = logit < 0 ? smaller : larger;
    p[rows + row] = logit < 0 ? larger : smaller;
  });
}

// Rows in a block, so that intermediate values stay in the cache.
constexpr std::int64_t kBlock = 256;

/// Rows `first` to `first + count` of [rows, classes] logits.
class SoftmaxBlock {
 public:
  SoftmaxBlock(const float* logits, std::int64_t first, std::int64_t count, Prediction& prediction)
      : logits_(logits + first * prediction.classes),
        classes_(prediction.classes),
        rows_(prediction.rows),
        count_(count),
        response_(prediction.predicted_class.data() + first),
        probabilities_(prediction.probabilities.data() + first) {}

  void find_largest() {
    for (std::int64_t row = 0; row < count_; ++row) {
      const auto* z = logits_ + row * classes_;
      const auto* largest = std::max_element(z, z + classes_);
      response_[row] = largest - z;
      largest_[row] = *largest;
    }
  }

  void compute_probabilities() {
    std::fill_n(sums_, count_, 0.0);
    std::fill_n(lost_, count_, 0.0);
    for (std::int64_t k = 0; k < classes_; ++k) add_class(k);
    for (std::int64_t k = 0; k < classes_; ++k) {
      kernel::for_each_element(count_, [sums = sums_, lost = lost_, p = probabilities_ + k * rows_](std::int64_t row) {
        p[row] /= sums[row] + lost[row];
      });
    }
  }

 private:
  /// What rounding loses is kept, so that the sum does not depend on the order of the classes: rows with the same
  /// logits in another order tie.
  void add_class(std::int64_t k) {
    kernel::for_each_element(count_, [z = logits_ + k, classes = classes_, largest = largest_, sums = sums_,
                                      lost = lost_, p = probabilities_ + k * rows_](std::int64_t row) {
      p[row] = exponential(static_cast<double>(z[row * classes]) - largest[row]);
      const double sum = sums[row] + p[row];
      const double added = sum - sums[row];
      lost[row] += (sums[row] - (sum - added)) + (p[row] - added);
      sums[row] = sum;
    });
  }

  const float* logits_;
  std::int64_t classes_, rows_, count_;
  std::int64_t* response_;
  double* probabilities_;
  double largest_[kBlock];
  double sums_[kBlock];
  double lost_[kBlock];
};

}  // namespace

void read_classes(const at::Tensor& y_hat, bool with_probabilities, Prediction& prediction) {
  const auto rows = static_cast<std::size_t>(prediction.rows);
  prediction.predicted_class.resize(rows);
  prediction.probabilities.resize(with_probabilities ? rows * static_cast<std::size_t>(prediction.classes) : 0);
  const auto* logits = y_hat.data_ptr<float>();
  if (y_hat.numel() == prediction.rows) return read_two_classes(logits, with_probabilities, prediction);
  for (std::int64_t first = 0; first < prediction.rows; first += kBlock) {
    SoftmaxBlock block(logits, first, std::min(kBlock, prediction.rows - first), prediction);
    block.find_largest();
    if (with_probabilities) block.compute_probabilities();
  }
}

void read_numbers(const at::Tensor& y_hat, const NumberOutputs& outputs, Prediction& prediction) {
  const auto rows = prediction.rows;
  const auto width = y_hat.numel() / rows;
  const auto* values = y_hat.data_ptr<float>();
  const auto copy_output = [=](std::int64_t output, double* to) {
    kernel::for_each_element(rows, [=](std::int64_t row) { to[row] = values[row * width + output]; });
  };
  prediction.response.resize(static_cast<std::size_t>(rows));
  copy_output(outputs.response, prediction.response.data());
  prediction.levels = outputs.levels;
  prediction.quantiles.resize(outputs.levels.size() * static_cast<std::size_t>(rows));
  for (std::size_t level = 0; level < outputs.levels.size(); ++level) {
    copy_output(static_cast<std::int64_t>(level),
                prediction.quantiles.data() + static_cast<std::int64_t>(level) * rows);
  }
}

}  // namespace mlr3libtorch::score
