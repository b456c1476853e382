#include "core/loss/classes.h"

#include <ATen/ATen.h>

#include "core/base/error.h"

namespace mlr3libtorch::loss {

at::Tensor class_numbers(const at::Tensor& y) { return y.is_floating_point() ? y.squeeze(1).lt(0.5).to(at::kLong) : y; }

Classes as_classes(const at::Tensor& y_hat, const at::Tensor& y) {
  if (y_hat.size(1) != 1) return {y_hat, y};
  return {at::cat({y_hat, at::zeros_like(y_hat)}, 1), class_numbers(y)};
}

ClassWeight::ClassWeight(const value::Arguments& arguments) {
  if (arguments.is_none("class_weight")) return;
  const auto weight = at::tensor(arguments.get<std::vector<double>>("class_weight")).to(at::kFloat);
  if (!weight.any().item<bool>()) {
    throw base::ConfigError("'class_weight' is 0 for all classes, so that no row would count.");
  }
  weight_ = SettingsTensor(weight);
}

std::vector<float> ClassWeight::values() const {
  if (!given()) return {};
  const auto& weight = weight_.given();
  const auto* first = weight.data_ptr<float>();
  return {first, first + weight.numel()};
}

void ClassWeight::check(std::int64_t classes) const {
  if (!given() || weight_.given().size(0) == classes) return;
  throw base::ConfigError("'class_weight' has " + std::to_string(weight_.given().size(0)) + " weights, but there are " +
                          std::to_string(classes) + " classes: give one weight per class, in the order of the levels.");
}

at::Tensor ClassWeight::like(const at::Tensor& logits, std::int64_t classes) const {
  check(classes);
  return weight_.like(logits);
}

at::Tensor ClassWeight::of(const at::Tensor& numbers) const {
  return given() ? weight_.on(numbers.device(), at::kFloat).index_select(0, numbers) : at::Tensor();
}

value::ArgumentDescription ClassWeight::description() {
  return {"class_weight", "A weight for each class, in the order of the levels.", 0};
}

}  // namespace mlr3libtorch::loss
