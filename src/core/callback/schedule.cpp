#include "core/callback/schedule.h"

#include <utility>

#include "core/base/error.h"
#include "core/callback/context.h"
#include "core/callback/finite.h"
#include "core/callback/native_callback.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::callback {
namespace {

/// Gives the optimizer's groups the rates of a schedule: the first at `begin`, the next after each batch or epoch.
/// The number of positions of the run is read at the start of each epoch, since a sampler may change its batches.
/// A rate that somebody else has changed meanwhile, another schedule say, stays changed by the same factor.
class ScheduleCallback : public NativeCallback {
 public:
  ScheduleCallback(const NativeSetup& setup, std::unique_ptr<Schedule> schedule, bool step_on_epoch)
      : NativeCallback({setup.id, setup.stages.without(step_on_epoch ? Stage::kBatchEnd : Stage::kEpochEnd)}),
        schedule_(std::move(schedule)),
        step_on_epoch_(step_on_epoch) {}

  void run(Stage stage, Context& context) override {
    if (stage == Stage::kEpochBegin) {
      epochs_ = context.total_epochs;
      const auto total = total_from(context, epochs_ - context.epoch + 1);
      // If the schedule's rate has not changed, rates that somebody else has set stay.
      if (total == std::exchange(position_.total, total)) return;
    } else if (stage == Stage::kBegin) {
      const bool goes_on = !initial_rates_.empty();
      const auto total = position_.total;
      begin(context);
      if (goes_on && total == position_.total) return;
    } else {
      ++position_.index;
    }
    apply(context.optimizer);
  }

  c10::IValue state() const override {
    auto state = value::make_dictionary();
    state.insert("position", position_.index);
    state.insert("total", position_.total);
    state.insert("epochs", epochs_);
    state.insert("initial_rates", c10::List<double>(initial_rates_));
    state.insert("rates", c10::List<double>(rates_));
    return state;
  }

  void load_state(const c10::IValue& saved) override {
    const auto state = value::read_dictionary(saved, "the state of a schedule");
    const auto position = value::read_count(state, "position", "schedule");
    const auto total = value::read_count(state, "total", "schedule");
    const auto epochs = value::read_count(state, "epochs", "schedule");
    initial_rates_ = value::read_numbers(value::field(state, "initial_rates", "schedule"), "'initial_rates'");
    rates_ = value::read_numbers(value::field(state, "rates", "schedule"), "'rates'");
    position_ = {position, total};
    epochs_ = epochs;
  }

 private:
  void begin(const Context& context) {
    // A run that goes on in the middle of an epoch has its total from that epoch's start, unless the epochs changed.
    if (initial_rates_.empty()) {
      position_.total = total_from(context, context.total_epochs - context.epoch);
    } else {
      position_.total += total_from(context, context.total_epochs - epochs_) - position_.index;
    }
    epochs_ = context.total_epochs;
    const auto& groups = context.optimizer.groups();
    if (initial_rates_.empty()) {
      for (const auto& group : groups) initial_rates_.push_back(group.settings.get<double>("lr"));
      rates_ = initial_rates_;
    }
    if (initial_rates_.size() != groups.size() || rates_.size() != groups.size()) {
      throw base::Error("state", "The state of schedule '" + id() + "' belongs to an optimizer with " +
                                     std::to_string(initial_rates_.size()) + " parameter groups; this one has " +
                                     std::to_string(groups.size()) + ".");
    }
  }

  /// The positions so far, plus those of this many epochs of the same length as this one.
  std::int64_t total_from(const Context& context, std::int64_t epochs) const {
    return position_.index + epochs * (step_on_epoch_ ? 1 : context.loader_train.size());
  }

  void apply(optim::Optimizer& optimizer) {
    const auto momentum = schedule_->momentum(position_);
    auto& groups = optimizer.groups();
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const auto now = groups[i].settings.get<double>("lr");
      // A rate of zero tells no factor.
      if (now != rates_[i] && now != 0 && rates_[i] != 0) initial_rates_[i] *= now / rates_[i];
      rates_[i] = schedule_->rate(position_, initial_rates_[i]);
      groups[i].settings.set("lr", rates_[i]);
      if (momentum) set_momentum(groups[i].settings, *momentum, optimizer.name());
    }
  }

  /// Adam's first beta is what other optimizers call momentum.
  void set_momentum(value::Arguments& settings, double momentum, const std::string& optimizer) const {
    if (settings.values().count("momentum")) return settings.set("momentum", momentum);
    if (!settings.values().count("betas")) {
      throw base::ConfigError("'" + id() + "' cannot cycle the momentum of the optimizer '" + optimizer +
                                  "', which has none; set its argument 'cycle_momentum' to false.",
                              {{"argument", std::string("cycle_momentum")}});
    }
    auto betas = settings.at("betas").toDoubleVector();
    betas.front() = momentum;
    settings.set("betas", c10::List<double>(betas));
  }

  std::unique_ptr<Schedule> schedule_;
  bool step_on_epoch_;
  Position position_;
  std::int64_t epochs_ = 0;            // for which the position's total was computed
  std::vector<double> initial_rates_;  // of each parameter group; empty before the run
  std::vector<double> rates_;          // that were given last
};

}  // namespace

ScheduleRegistry& schedules() {
  static ScheduleRegistry registry("schedule");
  return registry;
}

ScheduleRegistration::ScheduleRegistration(const char* schema, value::Description description,
                                           const ScheduleRegistry::Factory& unchecked) {
  const auto parsed = value::parse_schema(schema);
  const auto factory = [unchecked, name = parsed.name()](const value::Arguments& arguments) {
    require_finite(arguments, "schedule '" + name + "'");
    return unchecked(arguments);
  };
  description.arguments.push_back({"step_on_epoch", "Whether an epoch is a step of the schedule, or a batch."});
  description.tags.emplace_back("schedule");
  schedules().add(parsed, description, factory);
  const auto make = [factory](const value::Arguments& arguments, const NativeSetup& setup) {
    return std::make_unique<ScheduleCallback>(setup, factory(arguments), arguments.get<bool>("step_on_epoch"));
  };
  const CallbackFacts facts{{Stage::kBegin, Stage::kEpochBegin, Stage::kEpochEnd, Stage::kBatchEnd}};
  callbacks().add(parsed, std::move(description), make, facts);
}

}  // namespace mlr3libtorch::callback
