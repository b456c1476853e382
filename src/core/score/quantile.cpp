#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/score/mean.h"
#include "core/score/score.h"

namespace mlr3libtorch::score {
namespace {

double pinball(double level, double truth, double response) {
  const double error = truth - response;
  return error >= 0 ? level * error : (level - 1) * error;
}

const double* quantile_of(const Prediction& prediction, double level) {
  const auto found = std::find(prediction.levels.begin(), prediction.levels.end(), level);
  if (found != prediction.levels.end()) {
    return prediction.quantiles.data() + (found - prediction.levels.begin()) * prediction.rows;
  }
  throw base::ConfigError("A measure's 'alpha' is " + std::to_string(level) +
                              ", which is not one of the quantiles that the learner predicts.",
                          {{"alpha", level}});
}

class Pinball : public Score {
 public:
  explicit Pinball(double level) : level_(level) {}

  std::optional<double> of(const Prediction& prediction) const override {
    return weighted_mean(prediction,
                         [level = level_, truth = prediction.truth.data(), quantile = quantile_of(prediction, level_)](
                             std::int64_t row) { return pinball(level, truth[row], quantile[row]); });
  }

 private:
  double level_;
};

/// R's default definition of a sample's quantile, linear between two of its values.
double sample_quantile(std::vector<double> values, double level) {
  const double position = level * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(position);
  const auto lower = values.begin() + below;
  std::nth_element(values.begin(), lower, values.end());
  const double share = position - static_cast<double>(below);
  if (share == 0) return *lower;
  return (1 - share) * *lower + share * *std::min_element(lower + 1, values.end());
}

/// 1 - the pinball loss divided by that of the sample's quantile.
class QuantileRSquared : public Score {
 public:
  explicit QuantileRSquared(double level) : level_(level) {}

  std::optional<double> of(const Prediction& prediction) const override {
    const double constant = sample_quantile(prediction.truth, level_);
    const auto loss = [&](const auto response) {
      return kernel::sum_doubles(prediction.rows,
                                 [level = level_, truth = prediction.truth.data(), response](std::int64_t row) {
                                   return pinball(level, truth[row], response(row));
                                 });
    };
    const double own = loss([quantile = quantile_of(prediction, level_)](std::int64_t row) { return quantile[row]; });
    return 1 - own / loss([constant](std::int64_t) { return constant; });
  }

 private:
  double level_;
};

template <class Product>
std::unique_ptr<Score> make(const value::Arguments& arguments) {
  return std::make_unique<Product>(arguments.get<double>("alpha"));
}

value::ArgumentDescription level_description() { return {"alpha", "The probability of the quantile.", 0, 1}; }

const ScoreRegistration quantile_registrations[] = {
    {"pinball(float alpha=0.5) -> ()",
     {"Pinball loss",
      "The mean of alpha (y - q) if y is above q, else (1 - alpha) (q - y).",
      {level_description()},
      {"regr", "weights"}},
     make<Pinball>},
    {"rqr(float alpha=0.5) -> ()",
     {"R squared of a quantile",
      "1 - pinball loss / pinball loss of the sample's quantile.",
      {level_description()},
      {"regr"}},
     make<QuantileRSquared>},
};

}  // namespace
}  // namespace mlr3libtorch::score
