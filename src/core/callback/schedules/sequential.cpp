#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/callback/schedule.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::callback {
namespace {

/// Schedules one after the other. Each counts from where it begins.
class Sequential : public Schedule {
 public:
  explicit Sequential(const value::Arguments& arguments) : milestones_(arguments.at("milestones").toIntVector()) {
    for (const auto& schedule : value::read_list(arguments.at("schedules"))) parts_.push_back(make_part(schedule));
    if (parts_.size() != milestones_.size() + 1) {
      throw base::ConfigError("'lr_sequential' needs a milestone between each two schedules, but has " +
                                  std::to_string(parts_.size()) + " schedules and " +
                                  std::to_string(milestones_.size()) + " milestones.",
                              {{"argument", std::string("milestones")}});
    }
    if (std::adjacent_find(milestones_.begin(), milestones_.end(), std::greater_equal<>()) != milestones_.end()) {
      throw base::ConfigError("The milestones of 'lr_sequential' must rise.",
                              {{"argument", std::string("milestones")}});
    }
  }

  double rate(const Position& position, double initial) const override {
    const auto [part, local] = find(position);
    return part->rate(local, initial);
  }

  std::optional<double> momentum(const Position& position) const override {
    const auto [part, local] = find(position);
    return part->momentum(local);
  }

 private:
  static std::unique_ptr<Schedule> make_part(const c10::IValue& described) {
    const auto fields = value::read_dictionary(described, "a schedule");
    const auto names = value::read_strings(value::field(fields, "name", "schedule"), "'name'");
    if (names.size() != 1) throw base::ConfigError("A schedule of 'lr_sequential' needs one 'name'.");
    value::NamedValues given;
    const auto arguments = value::read_dictionary(value::field(fields, "arguments", "schedule"), "'arguments'");
    for (const auto& entry : arguments) given.emplace(entry.key().toStringRef(), entry.value());
    return schedules().make(names.front(), schedules().bind(names.front(), given));
  }

  std::pair<const Schedule*, Position> find(const Position& position) const {
    const auto next = std::upper_bound(milestones_.begin(), milestones_.end(), position.index);
    const auto begin = next == milestones_.begin() ? 0 : *std::prev(next);
    const auto end = next == milestones_.end() ? position.total : *next;
    const auto& part = parts_[static_cast<std::size_t>(next - milestones_.begin())];
    return {part.get(), {position.index - begin, std::max<std::int64_t>(end - begin, 1)}};
  }

  std::vector<std::int64_t> milestones_;
  std::vector<std::unique_ptr<Schedule>> parts_;
};

const ScheduleOf<Sequential> sequential_registration(
    "lr_sequential(Any[] schedules, int[] milestones, bool step_on_epoch=True) -> ()",
    {"Sequential Schedules",
     "Runs schedules one after the other; each starts from the optimizer's own learning rate.",
     {{"schedules", "The schedules; step_on_epoch says whether they count epochs or batches."},
      {"milestones", "The steps in which the second and each further schedule begins.", 1}}});

}  // namespace
}  // namespace mlr3libtorch::callback
