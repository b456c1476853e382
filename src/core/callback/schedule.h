#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/callback/callback.h"
#include "core/value/registry.h"

namespace mlr3libtorch::callback {

/// The position of a schedule. `total` is the number of positions of the run: its epochs, or its training batches.
struct Position {
  std::int64_t index = 0;
  std::int64_t total = 1;
};

/// A learning rate, and perhaps a momentum, as a formula of the position: it has no state.
class Schedule {
 public:
  virtual ~Schedule() = default;
  /// `initial` is the rate that the parameter group had before the run.
  virtual double rate(const Position& position, double initial) const = 0;
  /// None if the momentum does not change.
  virtual std::optional<double> momentum(const Position& /*position*/) const { return std::nullopt; }
};

/// Every schedule is registered here, and as a callback of the same name.
using ScheduleRegistry = value::Registry<Schedule>;
ScheduleRegistry& schedules();

/// A file that implements a schedule holds one of these at namespace scope.
/// `schema` has the argument `bool step_on_epoch`, whose default says what the schedule usually counts; its description
/// is added here, and the tag "schedule".
struct ScheduleRegistration {
  ScheduleRegistration(const char* schema, value::Description description, const ScheduleRegistry::Factory& factory);
};

/// For schedules that are made from their arguments: registers `T`, which has a constructor from `value::Arguments`.
template <class T>
struct ScheduleOf : ScheduleRegistration {
  ScheduleOf(const char* schema, value::Description description)
      : ScheduleRegistration(schema, std::move(description), [](const value::Arguments& arguments) {
          return std::unique_ptr<Schedule>(std::make_unique<T>(arguments));
        }) {}
};

}  // namespace mlr3libtorch::callback
