#include <chrono>

#include "core/base/error.h"
#include "core/callback/context.h"
#include "core/callback/native_callback.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::callback {
namespace {

using Clock = std::chrono::steady_clock;

/// Ends training when its time is over. The time of earlier runs counts.
class TimeLimit : public NativeCallback {
 public:
  TimeLimit(const NativeSetup& setup, double seconds, std::int64_t min_epochs, bool within_epoch)
      : NativeCallback({setup.id, setup.stages.without(within_epoch ? Stage::kEpochEnd : Stage::kBatchEnd)}),
        seconds_(seconds),
        min_epochs_(min_epochs) {}

  /// Clocks differ.
  bool is_reproducible() const override { return false; }

  void run(Stage stage, Context& context) override {
    if (stage == Stage::kBegin) {
      started_ = Clock::now();
      is_running_ = true;
    }
    // The current epoch is left unfinished only if enough epochs are complete.
    const auto complete = stage == Stage::kBatchEnd ? context.epoch - 1 : context.epoch;
    if (complete < min_epochs_ || elapsed() < seconds_) return;
    context.terminate = true;
    context.stop_epoch = true;
  }

  c10::IValue state() const override {
    auto state = value::make_dictionary();
    state.insert("elapsed", elapsed());
    return state;
  }

  void load_state(const c10::IValue& saved) override {
    const auto state = value::read_dictionary(saved, "the state of a time limit");
    const auto numbers = value::read_numbers(value::field(state, "elapsed", id()), "'elapsed'");
    if (numbers.size() != 1 || !(numbers.front() >= 0)) {
      throw base::Error("state", "In a saved state, 'elapsed' is not one number that is at least 0.",
                        {{"field", std::string("elapsed")}});
    }
    earlier_ = numbers.front();
  }

 private:
  double elapsed() const {
    if (!is_running_) return earlier_;
    return earlier_ + std::chrono::duration<double>(Clock::now() - started_).count();
  }

  double seconds_;
  std::int64_t min_epochs_;
  Clock::time_point started_;
  bool is_running_ = false;
  double earlier_ = 0;  // seconds of the runs that this one goes on from
};

const CallbackRegistration time_limit_registration(
    "time_limit(float seconds, int min_epochs=0, str interval=\"batch\") -> ()",
    {{Stage::kBegin, Stage::kBatchEnd, Stage::kEpochEnd}},
    {"Time Limit",
     "Ends training after so many seconds, those before a resume included; the last epoch is still validated.",
     {{"seconds", "The seconds that training may take.", 0},
      {"min_epochs", "The number of epochs that are always trained.", 0},
      {"interval", "Whether it checks the clock after each batch or each epoch.", 0, 0, {"batch", "epoch"}}}},
    [](const value::Arguments& arguments, const NativeSetup& setup) {
      return std::make_unique<TimeLimit>(setup, arguments.get<double>("seconds"),
                                         arguments.get<std::int64_t>("min_epochs"),
                                         arguments.get<std::string>("interval") == "batch");
    });

}  // namespace
}  // namespace mlr3libtorch::callback
