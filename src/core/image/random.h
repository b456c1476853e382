#pragma once

#include <cstdint>

namespace mlr3libtorch::image {

/// A well-mixed 64-bit number made of two: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
inline std::uint64_t mixed(std::uint64_t first, std::uint64_t second) {
  auto bits = first + 0x9e3779b97f4a7c15ULL * (second + 1);
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
  return bits ^ (bits >> 31);
}

/// The random numbers of one transformation of one row in one epoch. They follow from the seed alone, so that they do
/// not depend on threads, on the order of rows or on where a run was resumed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// From 0 up to, not including, 1.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// A whole number from 0 up to, not including, `limit`, which is far below 2^53.
  std::int64_t below(std::int64_t limit) { return static_cast<std::int64_t>(uniform() * static_cast<double>(limit)); }
  bool happens(double probability) { return uniform() < probability; }

 private:
  std::uint64_t next() { return mixed(state_, count_++); }

  std::uint64_t state_;
  std::uint64_t count_ = 0;
};

}  // namespace mlr3libtorch::image
