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
  sum_ += loss.item<double>() * count;
  count_ += count;
}

/// Apple's GPUs have no float64.
void MeanLoss::add_on_device(const at::Tensor& loss, const at::Tensor& count) {
  const auto type = loss.device().type() == at::kMPS ? at::kFloat : at::kDouble;
  const auto part = at::stack({loss.to(type).mul(count), count.to(type)});
  device_totals_ = device_totals_.defined() ? device_totals_.add(part) : part;
}

MeanLoss::Totals MeanLoss::totals() const {
  if (!device_totals_.defined()) return {sum_, count_};
  const auto read = device_totals_.to(at::kCPU, at::kDouble);
  return {sum_ + read[0].item<double>(), count_ + read[1].item<double>()};
}

double MeanLoss::value() const {
  const auto [sum, count] = totals();
  return count == 0 ? kUnknown : sum / count;
}

c10::IValue MeanLoss::state() const {
  const auto [sum, count] = totals();
  return std::vector<double>{sum, count};
}

void MeanLoss::load_state(const c10::IValue& saved) {
  device_totals_.reset();
  const auto numbers = saved.isNone() ? std::vector<double>{kUnknown, 1} : value::read_numbers(saved, "'mean_loss'");
  if (numbers.size() != 2) {
    throw base::Error("state", "In a saved state, 'mean_loss' is not two numbers.",
                      {{"field", std::string("mean_loss")}});
  }
  sum_ = numbers[0];
  count_ = numbers[1];
}

}  // namespace mlr3libtorch::train
