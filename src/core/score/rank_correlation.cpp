#include <algorithm>
#include <cmath>
#include <vector>

#include "core/score/ranking.h"
#include "core/score/score.h"

namespace mlr3libtorch::score {
namespace {

/// The correlation of two sets of ranks, whose mean is known; nothing if one of them is constant.
std::optional<double> correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const double mean = 0.5 * static_cast<double>(x.size() + 1);
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
    xy += (x[i] - mean) * (y[i] - mean);
  }
  if (xx == 0 || yy == 0) return std::nullopt;
  return xy / (std::sqrt(xx) * std::sqrt(yy));
}

std::optional<double> spearman(const Prediction& prediction) {
  return correlation(ranks(prediction.truth), ranks(prediction.response));
}

/// Pairs of positions whose values are equal, for values in rising order.
template <class IsEqual>
double equal_pairs(std::size_t n, const IsEqual is_equal) {
  double pairs = 0;
  double run = 0;
  for (std::size_t i = 1; i < n; ++i) {
    run = is_equal(i - 1, i) ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

/// Sorts by merging; returns how many pairs were in falling order.
double sort_and_count(std::vector<double>& values, std::vector<double>& other, std::size_t first, std::size_t last) {
  if (last - first < 2) return 0;
  const auto middle = first + (last - first) / 2;
  double falling = sort_and_count(values, other, first, middle) + sort_and_count(values, other, middle, last);
  auto left = first;
  auto right = middle;
  for (auto to = first; to < last; ++to) {
    const bool takes_left = right == last || (left < middle && values[left] <= values[right]);
    if (!takes_left) falling += static_cast<double>(middle - left);
    other[to] = takes_left ? values[left++] : values[right++];
  }
  std::copy(other.begin() + static_cast<std::ptrdiff_t>(first), other.begin() + static_cast<std::ptrdiff_t>(last),
            values.begin() + static_cast<std::ptrdiff_t>(first));
  return falling;
}

/// Kendall's tau-b by Knight's algorithm: rows in the order of truth, ties by response; the falling pairs of the
/// responses are those that disagree.
std::optional<double> kendall(const Prediction& prediction) {
  const auto n = prediction.truth.size();
  const auto by_response = order(prediction.response.data(), prediction.rows);
  std::vector<double> truth, response;
  for (const auto row : by_response) truth.push_back(prediction.truth[static_cast<std::size_t>(row)]);
  for (const auto i : order(truth.data(), prediction.rows)) {
    response.push_back(prediction.response[static_cast<std::size_t>(by_response[static_cast<std::size_t>(i)])]);
  }
  std::sort(truth.begin(), truth.end());
  const auto same_truth = [&](std::size_t i, std::size_t j) { return truth[i] == truth[j]; };
  const auto same_response = [&](std::size_t i, std::size_t j) { return response[i] == response[j]; };
  const double truth_ties = equal_pairs(n, same_truth);
  const double both_ties =
      equal_pairs(n, [&](std::size_t i, std::size_t j) { return same_truth(i, j) && same_response(i, j); });
  std::vector<double> other(n);
  const double falling = sort_and_count(response, other, 0, n);
  const double response_ties = equal_pairs(n, same_response);
  const double pairs = 0.5 * static_cast<double>(n) * static_cast<double>(n - 1);
  const double spread = (pairs - truth_ties) * (pairs - response_ties);
  if (spread == 0) return std::nullopt;
  return (pairs - truth_ties - response_ties + both_ties - 2 * falling) / std::sqrt(spread);
}

const ScoreRegistration rank_correlation_registrations[] = {
    {"srho", {"Spearman's rho", "The correlation of the ranks of y and y_hat.", {}, {"regr"}}, spearman},
    {"ktau", {"Kendall's tau", "Pairs that agree minus those that do not, tau-b.", {}, {"regr"}}, kendall},
};

}  // namespace
}  // namespace mlr3libtorch::score
