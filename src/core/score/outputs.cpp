#include "core/score/outputs.h"

#include <algorithm>
#include <cmath>

#include "core/kernel/vectorised.h"
#include "core/score/double_functions.h"

namespace mlr3libtorch::score {
namespace {

void read_two_classes(const float* logits, Needs needs, Prediction& prediction) {
  const auto rows = prediction.rows;
  kernel::for_each_element(rows, [=, response = prediction.predicted_class.data()](std::int64_t row) {
    response[row] = logits[row] >= 0 ? 0 : 1;
  });
  if (needs != Needs::kProbabilities) return;
  kernel::for_each_element(rows, [=, p = prediction.probabilities.data()](std::int64_t row) {
    const double logit = logits[row];
    const double small = exponential(logit < 0 ? logit : -logit);
    const double larger = 1 / (1 + small);
    const double smaller = small / (1 + small);
    p[row] = logit < 0 ? smaller : larger;
    p[rows + row] = logit < 0 ? larger : smaller;
  });
}

/// [rows]: a probability of each row's own class.
void select_true_class(Prediction& prediction) {
  kernel::for_each_element(
      prediction.rows,
      [p = prediction.probabilities.data(), rows = prediction.rows, truth = prediction.true_class.data(),
       to = prediction.true_probability.data()](std::int64_t row) { to[row] = p[truth[row] * rows + row]; });
}

// Rows in a block, so that intermediate values stay in the cache.
constexpr std::int64_t kBlock = 256;

/// Rows `first` to `first + count` of [rows, classes] logits.
class SoftmaxBlock {
 public:
  SoftmaxBlock(const float* logits, std::int64_t first, std::int64_t count, Prediction& prediction)
      : logits_(logits + first * prediction.classes),
        first_(first),
        classes_(prediction.classes),
        count_(count),
        prediction_(prediction) {}

  void find_largest() {
    auto* const predicted = prediction_.predicted_class.data() + first_;
    std::fill_n(predicted, count_, 0);
    for (std::int64_t row = 0; row < count_; ++row) largest_[row] = logits_[row * classes_];
    for (std::int64_t k = 1; k < classes_; ++k) {
      kernel::for_each_element(count_, [=, z = logits_ + k, classes = classes_, largest = largest_](std::int64_t row) {
        const float logit = z[row * classes];
        predicted[row] = logit > largest[row] ? k : predicted[row];
        largest[row] = logit > largest[row] ? logit : largest[row];
      });
    }
  }

  void compute_probabilities() {
    sum_exponentials([p = prediction_.probabilities.data() + first_, rows = prediction_.rows](
                         std::int64_t k, std::int64_t row, double value) { p[k * rows + row] = value; });
    for (std::int64_t k = 0; k < classes_; ++k)
      divide(prediction_.probabilities.data() + k * prediction_.rows + first_);
  }

  void compute_true_probability() {
    auto* const p = prediction_.true_probability.data() + first_;
    sum_exponentials(
        [p, truth = prediction_.true_class.data() + first_](std::int64_t k, std::int64_t row, double value) {
          p[row] = truth[row] == k ? value : p[row];
        });
    divide(p);
  }

 private:
  /// Calls `keep(k, row, exp(z - the row's largest))` for each class k.
  /// What rounding loses is kept, so that the sum does not depend on the order of the classes: rows with the same
  /// logits in another order tie.
  template <class Keep>
  void sum_exponentials(const Keep keep) {
    std::fill_n(sums_, count_, 0.0);
    std::fill_n(lost_, count_, 0.0);
    for (std::int64_t k = 0; k < classes_; ++k) {
      kernel::for_each_element(count_, [=, z = logits_ + k, classes = classes_, largest = largest_, sums = sums_,
                                        lost = lost_](std::int64_t row) {
        const double value = exponential(static_cast<double>(z[row * classes]) - largest[row]);
        keep(k, row, value);
        const double sum = sums[row] + value;
        const double added = sum - sums[row];
        lost[row] += (sums[row] - (sum - added)) + (value - added);
        sums[row] = sum;
      });
    }
  }

  void divide(double* values) const {
    kernel::for_each_element(
        count_, [=, sums = sums_, lost = lost_](std::int64_t row) { values[row] /= sums[row] + lost[row]; });
  }

  const float* logits_;
  std::int64_t first_, classes_, count_;
  Prediction& prediction_;
  float largest_[kBlock];
  double sums_[kBlock];
  double lost_[kBlock];
};

void read_many_classes(const float* logits, Needs needs, Prediction& prediction) {
  for (std::int64_t first = 0; first < prediction.rows; first += kBlock) {
    SoftmaxBlock block(logits, first, std::min(kBlock, prediction.rows - first), prediction);
    block.find_largest();
    if (needs == Needs::kProbabilities) block.compute_probabilities();
    if (needs == Needs::kTrueProbability) block.compute_true_probability();
  }
}

}  // namespace

void read_classes(const at::Tensor& y_hat, Needs needs, Prediction& prediction) {
  const auto rows = static_cast<std::size_t>(prediction.rows);
  const bool is_one_logit = y_hat.numel() == prediction.rows;
  // Both probabilities of two classes come from one exponential.
  if (is_one_logit && needs == Needs::kTrueProbability) needs = Needs::kProbabilities;
  const bool with_truth = needs != Needs::kResponse && !prediction.true_class.empty();
  prediction.predicted_class.resize(rows);
  prediction.probabilities.resize(needs == Needs::kProbabilities ? rows * static_cast<std::size_t>(prediction.classes)
                                                                 : 0);
  prediction.true_probability.resize(with_truth ? rows : 0);
  const auto read = is_one_logit ? read_two_classes : read_many_classes;
  read(y_hat.data_ptr<float>(), needs, prediction);
  if (with_truth && needs == Needs::kProbabilities) select_true_class(prediction);
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
  // by the function that R uses, so that scores are those of the predictions
  if (outputs.is_log) {
    for (auto& response : prediction.response) response = std::exp(response);
  }
  prediction.levels = outputs.levels;
  prediction.quantiles.resize(outputs.levels.size() * static_cast<std::size_t>(rows));
  for (std::size_t level = 0; level < outputs.levels.size(); ++level) {
    copy_output(static_cast<std::int64_t>(level),
                prediction.quantiles.data() + static_cast<std::int64_t>(level) * rows);
  }
}

}  // namespace mlr3libtorch::score
