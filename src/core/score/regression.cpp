#include <algorithm>
#include <cmath>
#include <vector>

#include "core/score/mean.h"
#include "core/score/score.h"

namespace mlr3libtorch::score {
namespace {

// A number this near to zero cannot be divided by.
constexpr double kTolerance = 1.490116119384766e-08;

struct AbsoluteError {
  static double of(double truth, double response) { return std::abs(truth - response); }
};
struct SquaredError {
  static double of(double truth, double response) { return (truth - response) * (truth - response); }
};
struct Difference {
  static double of(double truth, double response) { return response - truth; }
};
struct RelativeDifference {
  static double of(double truth, double response) { return (response - truth) / std::abs(truth); }
};
struct AbsoluteRelativeError {
  static double of(double truth, double response) { return std::abs((truth - response) / truth); }
};
struct SymmetricRelativeError {
  static double of(double truth, double response) {
    return 2 * std::abs(truth - response) / (std::abs(truth) + std::abs(response));
  }
};
struct SquaredLogError {
  static double of(double truth, double response) {
    const double error = std::log1p(truth) - std::log1p(response);
    return error * error;
  }
};

template <class Error>
auto errors_of(const Prediction& prediction) {
  return [truth = prediction.truth.data(), response = prediction.response.data()](std::int64_t row) {
    return Error::of(truth[row], response[row]);
  };
}

template <class Error>
std::optional<double> mean(const Prediction& prediction) {
  return weighted_mean(prediction, errors_of<Error>(prediction));
}

template <class Error>
std::optional<double> sum(const Prediction& prediction) {
  return weighted_sum(prediction, errors_of<Error>(prediction));
}

std::optional<double> root(std::optional<double> x) {
  if (x) x = std::sqrt(*x);
  return x;
}

std::optional<double> root_mean_squared_error(const Prediction& prediction) {
  return root(mean<SquaredError>(prediction));
}

template <class Error>
std::optional<double> median(const Prediction& prediction) {
  std::vector<double> errors(static_cast<std::size_t>(prediction.rows));
  const auto error = errors_of<Error>(prediction);
  for (std::int64_t row = 0; row < prediction.rows; ++row) errors[static_cast<std::size_t>(row)] = error(row);
  const auto upper = errors.begin() + prediction.rows / 2;
  std::nth_element(errors.begin(), upper, errors.end());
  if (prediction.rows % 2 == 1) return *upper;
  return 0.5 * (*upper + *std::max_element(errors.begin(), upper));
}

std::optional<double> largest_error(const Prediction& prediction) {
  double largest = 0;
  const auto error = errors_of<AbsoluteError>(prediction);
  for (std::int64_t row = 0; row < prediction.rows; ++row) largest = std::max(largest, error(row));
  return largest;
}

bool has_zero(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return std::abs(value) < kTolerance; });
}

template <class Error>
std::optional<double> relative_mean(const Prediction& prediction) {
  if (has_zero(prediction.truth)) return std::nullopt;
  return mean<Error>(prediction);
}

std::optional<double> symmetric_relative_mean(const Prediction& prediction) {
  for (std::size_t row = 0; row < prediction.truth.size(); ++row) {
    if (std::abs(prediction.truth[row]) + std::abs(prediction.response[row]) < kTolerance) return std::nullopt;
  }
  return mean<SymmetricRelativeError>(prediction);
}

bool has_logarithm(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value > -1; });
}

std::optional<double> mean_squared_log_error(const Prediction& prediction) {
  if (!has_logarithm(prediction.truth) || !has_logarithm(prediction.response)) return std::nullopt;
  return mean<SquaredLogError>(prediction);
}

std::optional<double> root_mean_squared_log_error(const Prediction& prediction) {
  return root(mean_squared_log_error(prediction));
}

/// 1 - what is left of the squared distances from the (unweighted) mean.
std::optional<double> r_squared(const Prediction& prediction) {
  const auto* truth = prediction.truth.data();
  const double centre = kernel::sum_doubles(prediction.rows, [=](std::int64_t row) { return truth[row]; }) /
                        static_cast<double>(prediction.rows);
  const double spread =
      weighted_sum(prediction, [=](std::int64_t row) { return SquaredError::of(truth[row], centre); });
  return 1 - *sum<SquaredError>(prediction) / spread;
}

value::Description regression(const char* label, const char* doc) { return {label, doc, {}, {"regr"}}; }
value::Description weighted(const char* label, const char* doc) { return {label, doc, {}, {"regr", "weights"}}; }

const ScoreRegistration regression_registrations[] = {
    {"mse", weighted("Mean squared error", "The mean of (y - y_hat)^2."), mean<SquaredError>},
    {"rmse", weighted("Root mean squared error", "The root of the mean of (y - y_hat)^2."), root_mean_squared_error},
    {"mae", weighted("Mean absolute error", "The mean of |y - y_hat|."), mean<AbsoluteError>},
    {"medae", regression("Median absolute error", "The median of |y - y_hat|."), median<AbsoluteError>},
    {"medse", regression("Median squared error", "The median of (y - y_hat)^2."), median<SquaredError>},
    {"maxae", regression("Largest absolute error", "The largest |y - y_hat|."), largest_error},
    {"sae", regression("Sum of absolute errors", "The sum of |y - y_hat|."), sum<AbsoluteError>},
    {"sse", weighted("Sum of squared errors", "The sum of (y - y_hat)^2."), sum<SquaredError>},
    {"bias", weighted("Bias", "The mean of y_hat - y."), mean<Difference>},
    {"pbias", weighted("Relative bias", "The mean of (y_hat - y) / |y|."), relative_mean<RelativeDifference>},
    {"mape", weighted("Mean absolute relative error", "The mean of |(y - y_hat) / y|."),
     relative_mean<AbsoluteRelativeError>},
    {"smape", weighted("Symmetric mean relative error", "The mean of 2 |y - y_hat| / (|y| + |y_hat|)."),
     symmetric_relative_mean},
    {"msle", weighted("Mean squared log error", "The mean of (log(1 + y) - log(1 + y_hat))^2."),
     mean_squared_log_error},
    {"rmsle", weighted("Root mean squared log error", "The root of the mean of (log(1 + y) - log(1 + y_hat))^2."),
     root_mean_squared_log_error},
    {"rsq", weighted("R squared", "1 - sum (y - y_hat)^2 / sum (y - mean(y))^2."), r_squared},
};

}  // namespace
}  // namespace mlr3libtorch::score
