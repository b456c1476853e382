#pragma once

#include <cstdint>

namespace mlr3libtorch::data {

/// Random numbers for one row in one epoch. They are the same whichever thread asks, and in whatever batch the row is,
/// so bits do not depend on the number of workers, nor on where a run was resumed.
/// The generator is SplitMix64, see Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators".
class RowRandom {
 public:
  /// `draw`: `Batch::draw`, the epoch's; `row`: an element of `Batch::index`.
  RowRandom(std::uint64_t draw, std::int64_t row)
      : state_(mixed(mixed(draw) + kStep * (static_cast<std::uint64_t>(row) + 1))) {}

  /// 64 random bits.
  std::uint64_t bits() {
    state_ += kStep;
    return mixed(state_);
  }
  /// In [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// A whole number from 0 to `count` - 1; `count` is at least 1 and below 2^32.
  std::int64_t below(std::int64_t count) {
    return static_cast<std::int64_t>(((bits() >> 32) * static_cast<std::uint64_t>(count)) >> 32);
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;

  static std::uint64_t mixed(std::uint64_t bits) {
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
  }

  std::uint64_t state_;
};

}  // namespace mlr3libtorch::data
