#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/callback/external/context_access.h"

namespace mlr3libtorch::callback {
namespace {

double as_number(std::int64_t value) { return static_cast<double>(value); }
double as_number(std::size_t value) { return static_cast<double>(value); }

std::int64_t whole_number(const char* name, double value, std::int64_t lower) {
  if (value >= as_number(lower) && value <= as_number(std::int64_t{1} << 53) && std::floor(value) == value) {
    return static_cast<std::int64_t>(value);
  }
  throw base::Error("argument",
                    std::string("'") + name + "' must be a whole number of at least " + std::to_string(lower) +
                        ", not " + std::to_string(value) + ".",
                    {{"argument", std::string(name)}});
}

const optim::ParameterGroup& group_at(const Context& context, std::int64_t group) {
  const auto& groups = context.optimizer.groups();
  if (group >= 0 && group < static_cast<std::int64_t>(groups.size())) return groups[static_cast<std::size_t>(group)];
  throw base::Error("argument",
                    "There is no parameter group " + std::to_string(group) + "; groups count from 0 and there are " +
                        std::to_string(groups.size()) + ".",
                    {{"argument", std::string("group")}});
}

/// A new value of the type that the setting has.
c10::IValue as_setting(const c10::IValue& current, double value) {
  if (current.isBool()) return value != 0;
  if (current.isInt() && std::floor(value) == value) return static_cast<std::int64_t>(value);
  return value;
}

}  // namespace

double read_number(const Context& context, abi::Number which) {
  switch (which) {
    case abi::kEpoch:
      return as_number(context.epoch);
    case abi::kStep:
      return as_number(context.step);
    case abi::kStepValid:
      return as_number(context.step_valid);
    case abi::kGlobalStep:
      return as_number(context.global_step);
    case abi::kTotalEpochs:
      return as_number(context.total_epochs);
    case abi::kEvalFreq:
      return as_number(context.eval_freq);
    case abi::kEvaluated:
      return context.evaluated;
    case abi::kTerminate:
      return context.terminate;
    case abi::kStopEpoch:
      return context.stop_epoch;
    case abi::kSkipStep:
      return context.skip_step;
    case abi::kLastLoss:
      return context.loss.defined() ? context.loss.item().toDouble() : std::numeric_limits<double>::quiet_NaN();
    case abi::kBatches:
      return as_number(context.loader_train.size());
    case abi::kRowsTrain:
      return as_number(context.loader_train.rows());
    case abi::kGroupCount:
      return as_number(context.optimizer.groups().size());
    case abi::kParameterCount:
      return as_number(context.network.memory().ranges.size());
    case abi::kInputCount:
      return as_number(context.batch.x.size());
    case abi::kOutputCount:
      return as_number(context.y_hats.size());
    default:
      throw base::Error("internal", "A compiled callback asked for a number that there is not.");
  }
}

void write_number(Context& context, abi::Number which, double value) {
  switch (which) {
    case abi::kTotalEpochs:
      context.total_epochs = whole_number("total_epochs", value, context.epoch);
      return;
    case abi::kEvalFreq:
      context.eval_freq = whole_number("eval_freq", value, 1);
      return;
    case abi::kTerminate:
      context.terminate = value != 0;
      return;
    case abi::kStopEpoch:
      context.stop_epoch = value != 0;
      return;
    case abi::kSkipStep:
      context.skip_step = value != 0;
      return;
    default:
      throw base::Error("internal", "A compiled callback wrote a number that can only be read.");
  }
}

double read_setting(const Context& context, std::int64_t group, const std::string& name) {
  const auto& setting = group_at(context, group).settings.at(name);
  if (setting.isBool()) return setting.toBool();
  if (setting.isDouble() || setting.isInt()) return setting.toScalar().toDouble();
  throw base::Error("argument", "The optimizer's setting '" + name + "' is not one number.", {{"argument", name}});
}

void write_setting(Context& context, std::int64_t group, const std::string& name, double value) {
  group_at(context, group);
  auto& settings = context.optimizer.groups()[static_cast<std::size_t>(group)].settings;
  settings.set(name, as_setting(settings.at(name), value));
}

}  // namespace mlr3libtorch::callback
