#include "core/network/operations/convolution_kernel.h"

#include <algorithm>

#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::network {

ConvolutionKernel::ConvolutionKernel(const ConvolutionShape& shape, bool bias)
    : shape_(shape), bias_(bias), weight_gradients_(static_cast<std::size_t>(shape.patch() * shape.out_channels)) {}

bool ConvolutionKernel::absorb(const std::shared_ptr<const kernel::Elementwise>& function) {
  if (function_ != nullptr) return false;
  function_ = function;
  return true;
}

void ConvolutionKernel::forward(const kernel::Call& call) {
  for (std::int64_t row = 0; row < call.rows; ++row) {
    float* const y = call.output.values + row * shape_.output_width();
    multiply_row(call.parameters[0].values, call.inputs[0].values + row * shape_.input_width(), y);
    finish_row(call, y);
  }
}

void ConvolutionKernel::finish_row(const kernel::Call& call, float* y) const {
  const auto places = shape_.places();
  for (std::int64_t channel = 0; bias_ && channel < shape_.out_channels; ++channel) {
    kernel::for_each_element(places, [to = y + channel * places,
                                      shift = call.parameters[1].values[channel]](std::int64_t i) { to[i] += shift; });
  }
  if (function_ != nullptr) function_->forward(nullptr, y, 1, shape_.output_width());
}

void ConvolutionKernel::backward(const kernel::Call& call) {
  const auto& x = call.inputs[0];
  const auto& weight = call.parameters[0];
  auto* const db = bias_ ? call.parameters[1].gradients : nullptr;
  std::fill(weight_gradients_.begin(), weight_gradients_.end(), 0.0F);
  if (db != nullptr) std::fill_n(db, shape_.out_channels, 0.0F);
  if (x.gradients != nullptr) begin_input_gradients(weight.values);
  for (std::int64_t row = 0; row < call.rows; ++row) {
    float* const dy = call.output.gradients + row * shape_.output_width();
    begin_row_backward(call, call.output.values + row * shape_.output_width(), dy);
    begin_row_gradients(dy);
    if (weight.gradients != nullptr) add_weight_gradients(x.values + row * shape_.input_width(), dy);
    if (x.gradients != nullptr) give_input_gradients(weight.values, dy, x.gradients + row * shape_.input_width());
  }
  if (weight.gradients == nullptr) return;
  const auto patch = shape_.patch(), channels = shape_.group_outputs();
  for (std::int64_t group = 0; group < shape_.groups; ++group) {
    kernel::transpose_matrix(weight_gradients(group), channels, patch, channels,
                             weight.gradients + group * channels * patch, patch);
  }
}

/// Through the function, and to the bias.
void ConvolutionKernel::begin_row_backward(const kernel::Call& call, const float* y, float* dy) const {
  if (function_ != nullptr) function_->backward(y, dy, nullptr, 1, shape_.output_width());
  auto* const db = bias_ ? call.parameters[1].gradients : nullptr;
  const auto places = shape_.places();
  for (std::int64_t channel = 0; db != nullptr && channel < shape_.out_channels; ++channel) {
    db[channel] += kernel::sum_elements(places, [from = dy + channel * places](std::int64_t i) { return from[i]; });
  }
}

double ConvolutionKernel::operations_per_row() const {
  return 2.0 * static_cast<double>(shape_.patch()) * static_cast<double>(shape_.output_width());
}

std::unique_ptr<ConvolutionKernel> make_convolution(const ConvolutionShape& shape, bool bias) {
  const auto slides = [&](std::size_t dim) { return shape.stride[dim] == 1 && shape.padding[dim] <= shape.reach(dim); };
  return slides(0) && slides(1) ? make_sliding_convolution(shape, bias) : make_patch_convolution(shape, bias);
}

}  // namespace mlr3libtorch::network
