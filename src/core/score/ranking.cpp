#include "core/score/ranking.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "core/base/error.h"

namespace mlr3libtorch::score {
namespace {

/// A number's place, and the upper half of its key.
struct Item {
  std::uint32_t upper_key;
  std::uint32_t position;
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

std::size_t digit(const Item& item, int shift) { return (item.upper_key >> shift) & (kDigits - 1); }

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

void sort_by_upper_key(std::vector<Item>& items) {
  std::vector<Item> other(items.size());
  for (int shift = 0; shift < 32; shift += kDigitBits) {
    if (sort_by_digit(items, other, shift)) items.swap(other);
  }
}

/// Orders the few numbers that differ only in the lower halves of their keys.
void finish_order(const double* values, const std::vector<Item>& items, std::vector<std::int64_t>& positions) {
  const auto is_before = [=](std::int64_t a, std::int64_t b) { return values[a] < values[b]; };
  for (std::size_t first = 0; first < items.size();) {
    auto last = first + 1;
    while (last < items.size() && items[last].upper_key == items[first].upper_key) ++last;
    const auto begin = positions.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = positions.begin() + static_cast<std::ptrdiff_t>(last);
    if (!std::is_sorted(begin, end, is_before)) std::stable_sort(begin, end, is_before);
    first = last;
  }
}

}  // namespace

std::vector<std::int64_t> order(const double* values, std::int64_t n) {
  if (n > std::numeric_limits<std::uint32_t>::max()) throw base::ShapeError("Ranks need less than 2^32 rows.");
  std::vector<Item> items;
  items.reserve(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    items.push_back({static_cast<std::uint32_t>(sort_key(values[i]) >> 32), static_cast<std::uint32_t>(i)});
  }
  if (n > 1) sort_by_upper_key(items);
  std::vector<std::int64_t> positions;
  positions.reserve(items.size());
  for (const auto& item : items) positions.push_back(item.position);
  finish_order(values, items, positions);
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

}  // namespace mlr3libtorch::score
