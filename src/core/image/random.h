#pragma once

#include <cstddef>
#include <cstdint>

#include "core/data/row_random.h"

namespace mlr3libtorch::image {

/// What a transformation draws from: the numbers of one row in one epoch, see data::RowRandom.
class Random : public data::RowRandom {
 public:
  /// `place`: of the transformation in its chain; each has numbers of its own.
  Random(std::uint64_t draw, std::int64_t row, std::size_t place)
      : data::RowRandom(data::RowRandom(draw, row).bits() + place, row) {}

  bool happens(double probability) { return uniform() < probability; }
};

}  // namespace mlr3libtorch::image
