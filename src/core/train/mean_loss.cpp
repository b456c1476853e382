#include "core/train/mean_loss.h"

#include <ATen/ATen.h>

#include <limits>

#include "core/base/error.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::train {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void MeanLoss::add(const at::Tensor& loss, double count) {
  count_ += count;
  if (loss.device().is_cpu()) {
    sum_ += loss.item<double>() * count;
  } else {
    const auto part = loss.to(at::kDouble).mul(count);
    device_sum_ = device_sum_.defined() ? device_sum_.add(part) : part;
  }
}

double MeanLoss::value() const {
  if (count_ == 0) return kUnknown;
  return (sum_ + (device_sum_.defined() ? device_sum_.item<double>() : 0)) / count_;
}

c10::IValue MeanLoss::state() const {
  return std::vector<double>{sum_ + (device_sum_.defined() ? device_sum_.item<double>() : 0), count_};
}

void MeanLoss::load_state(const c10::IValue& saved) {
  device_sum_.reset();
  const auto numbers = saved.isNone() ? std::vector<double>{kUnknown, 1} : value::read_numbers(saved, "'mean_loss'");
  if (numbers.size() != 2) {
    throw base::Error("state", "In a saved state, 'mean_loss' is not two numbers.",
                      {{"field", std::string("mean_loss")}});
  }
  sum_ = numbers[0];
  count_ = numbers[1];
}

}  // namespace mlr3libtorch::train
