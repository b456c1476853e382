#include "core/network/operations/convolution_kernel.h"

#include <algorithm>

#include "core/kernel/precision.h"
#include "core/kernel/vectorised.h"
#include "core/network/operations/channels_last.h"

namespace mlr3libtorch::network {

namespace {

/// Few places alone are too narrow a product, and would read the weight once a row.
constexpr std::int64_t kPlaces = 256;

bool is_depthwise(const ConvolutionShape& shape) {
  return shape.groups > 1 && shape.groups == shape.in_channels && shape.groups == shape.out_channels;
}

bool slides(const ConvolutionShape& shape) {
  const auto in = [&](std::size_t dim) { return shape.stride[dim] == 1 && shape.padding[dim] <= shape.reach(dim); };
  const bool is_point = shape.reach(0) == 0 && shape.reach(1) == 0;
  return in(0) && in(1) && !is_point;
}

/// Winograd's products are less than half as many, but come with a transformation for each channel.
bool suits_winograd(const ConvolutionShape& shape) {
  constexpr std::int64_t kLeastChannels = 32;
  const ConvolutionShape::Pair one{1, 1}, three{3, 3};
  return shape.kernel == three && shape.stride == one && shape.dilation == one && shape.groups == 1 &&
         std::min(shape.in_channels, shape.out_channels) >= kLeastChannels && shape.in_channels % kLanes == 0 &&
         shape.out_channels % kLanes == 0;
}

/// Products of transformed numbers would be rounded more coarsely in bfloat16 than those of the numbers, and what
/// slides is multiplied in float32.
MakeConvolutionProduct* product_for(const ConvolutionShape& shape, std::int64_t rows) {
  constexpr std::int64_t kWorthTransforming = 128;  // the weight, for so many places
  if (is_depthwise(shape)) return make_depthwise_product;
  if (kernel::current_precision() == kernel::Precision::kBfloat16) return make_patch_product;
  if (suits_winograd(shape) && rows * shape.places() >= kWorthTransforming) return make_winograd_product;
  return slides(shape) && shape.places() >= kPlaces ? make_sliding_product : make_patch_product;
}

}  // namespace

ConvolutionKernel::ConvolutionKernel(const ConvolutionShape& shape, bool bias)
    : shape_(shape), bias_(bias), block_(std::max<std::int64_t>(1, kPlaces / shape.places())) {}

/// What Winograd's products prepare for a weight serves all rows, so they are split over threads themselves.
kernel::Grain ConvolutionKernel::grain_of_rows() const {
  return suits_winograd(shape_) ? kernel::Grain{} : kernel::grain_of_blocks(block_, operations_per_row());
}

void ConvolutionKernel::choose_product(std::int64_t rows) {
  auto* const make = product_for(shape_, rows);
  auto& product = products_[make];
  if (product == nullptr) product = make(shape_, block_);
  product_ = product.get();
}

bool ConvolutionKernel::absorb(const std::shared_ptr<const kernel::Elementwise>& function) {
  if (function_ != nullptr) return false;
  function_ = function;
  return true;
}

/// Calls `visit(first row, rows)`.
template <class Visit>
void ConvolutionKernel::for_each_block(const kernel::Call& call, const Visit& visit) const {
  for (std::int64_t first = 0; first < call.rows; first += block_) visit(first, std::min(block_, call.rows - first));
}

void ConvolutionKernel::forward(const kernel::Call& call) {
  choose_product(call.rows);
  product_->begin(call.parameters[0].values);
  for_each_block(call, [&](std::int64_t first, std::int64_t rows) {
    float* const y = call.output.values + first * shape_.output_width();
    product_->multiply(rows, call.parameters[0].values, call.inputs[0].values + first * shape_.input_width(), y);
    for (std::int64_t row = 0; row < rows; ++row) add_bias_and_apply(call, y + row * shape_.output_width());
  });
}

void ConvolutionKernel::add_bias_and_apply(const kernel::Call& call, float* y) const {
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
  if (bias_ && call.parameters[1].gradients != nullptr) {
    std::fill_n(call.parameters[1].gradients, shape_.out_channels, 0.0F);
  }
  if (call.rows == 0) {  // another process has them all
    if (weight.gradients != nullptr) std::fill_n(weight.gradients, shape_.patch() * shape_.out_channels, 0.0F);
    return;
  }
  product_->begin_gradients(weight, x.gradients != nullptr);
  for_each_block(call, [&](std::int64_t first, std::int64_t rows) {
    const auto width = shape_.output_width(), before = first * shape_.input_width();
    const float* const y = call.output.values + first * width;
    float* const dy = call.output.gradients + first * width;
    for (std::int64_t row = 0; row < rows; ++row) begin_row_backward(call, y + row * width, dy + row * width);
    product_->add_gradients(rows, weight, x.values + before, dy,
                            x.gradients == nullptr ? nullptr : x.gradients + before);
  });
  if (weight.gradients != nullptr) product_->end_gradients(weight);
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

}  // namespace mlr3libtorch::network
