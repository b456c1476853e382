#pragma once

#include <cstdint>

#include "core/callback/schedule.h"

namespace mlr3libtorch::callback {

/// Where a schedule starts, by the argument `last_epoch`.
class Start {
 public:
  explicit Start(const value::Arguments& arguments) : offset_(arguments.get<std::int64_t>("last_epoch") + 1) {}
  /// The step of the schedule, from 0.
  std::int64_t step(const Position& position) const { return position.index + offset_; }
  /// The steps so far as a share of `steps`.
  double share(const Position& position, double steps) const { return static_cast<double>(step(position)) / steps; }

 private:
  std::int64_t offset_;
};

inline value::ArgumentDescription last_epoch_description() {
  return {"last_epoch", "The step after which the schedule starts; -1 starts at its beginning.", -1};
}

}  // namespace mlr3libtorch::callback
