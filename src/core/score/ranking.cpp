#include "core/score/ranking.h"

#include <array>
#include <cstring>
#include <limits>
#include <utility>

namespace mlr3libtorch::score {
namespace {

struct Item {
  std::uint64_t key;
  std::int64_t position;
};

/// Unsigned numbers in the same order as the doubles; both zeros are one.
std::uint64_t sort_key(double value) {
  const double one_zero = value + 0.0;
  std::uint64_t bits;
  std::memcpy(&bits, &one_zero, sizeof(bits));
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

constexpr int kDigitBits = 11;
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;

std::size_t digit(const Item& item, int shift) { return (item.key >> shift) & (kDigits - 1); }

/// One pass of a radix sort; false if all items have the same digit, which leaves them as they are.
bool sort_by_digit(const std::vector<Item>& from, std::vector<Item>& to, int shift) {
  std::array<std::size_t, kDigits> next{};
  for (const auto& item : from) ++next[digit(item, shift)];
  if (next[digit(from.front(), shift)] == from.size()) return false;
  std::size_t first = 0;
  for (auto& count : next) first += std::exchange(count, first);
  for (const auto& item : from) to[next[digit(item, shift)]++] = item;
  return true;
}

}  // namespace

std::vector<std::int64_t> order(const double* values, std::int64_t n) {
  std::vector<Item> items;
  items.reserve(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) items.push_back({sort_key(values[i]), i});
  std::vector<Item> other(items.size());
  for (int shift = 0; shift < 64 && n > 1; shift += kDigitBits) {
    if (sort_by_digit(items, other, shift)) items.swap(other);
  }
  std::vector<std::int64_t> positions;
  positions.reserve(items.size());
  for (const auto& item : items) positions.push_back(item.position);
  return positions;
}

std::vector<double> ranks(const std::vector<double>& values) {
  const auto positions = order(values.data(), static_cast<std::int64_t>(values.size()));
  std::vector<double> result(values.size());
  const auto value_at = [&](std::size_t i) { return values[static_cast<std::size_t>(positions[i])]; };
  for (std::size_t first = 0; first < positions.size();) {
    auto last = first;
    while (last + 1 < positions.size() && value_at(last + 1) == value_at(first)) ++last;
    const double rank = 0.5 * static_cast<double>(first + last) + 1;
    for (; first <= last; ++first) result[static_cast<std::size_t>(positions[first])] = rank;
  }
  return result;
}

double area_under_curve(const std::vector<Tie>& rising) {
  double positive = 0;
  double negative = 0;
  double pairs = 0;
  for (const auto& tie : rising) {
    pairs += tie.positive * (negative + 0.5 * tie.negative);
    positive += tie.positive;
    negative += tie.negative;
  }
  const double all = positive * negative;
  return all == 0 ? std::numeric_limits<double>::quiet_NaN() : pairs / all;
}

}  // namespace mlr3libtorch::score
