#include "core/network/operations/convolution_kernel.h"

#include <algorithm>

#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::network {

ConvolutionKernel::ConvolutionKernel(const ConvolutionShape& shape, bool bias)
    : shape_(shape),
      bias_(bias),
      patches_(static_cast<std::size_t>(shape.patch() * shape.places())),
      transposed_(static_cast<std::size_t>(shape.out_channels / shape.groups * shape.places())),
      weight_gradients_(static_cast<std::size_t>(shape.patch() * shape.out_channels)) {}

bool ConvolutionKernel::absorb(const std::shared_ptr<const kernel::Elementwise>& function) {
  if (function_ != nullptr) return false;
  function_ = function;
  return true;
}

template <class Visit>
void ConvolutionKernel::for_each_line(std::int64_t group, const Visit& visit) const {
  const auto& s = shape_;
  const auto lines = s.output_size(0), columns = s.output_size(1);
  const auto channels = s.in_channels / s.groups;
  std::int64_t place = 0;
  for (std::int64_t channel = group * channels; channel < (group + 1) * channels; ++channel) {
    for (std::int64_t i = 0; i < s.kernel[0]; ++i) {
      for (std::int64_t j = 0; j < s.kernel[1]; ++j) {
        const auto shift = j * s.dilation[1] - s.padding[1];
        const auto first = shift >= 0 ? 0 : (-shift + s.stride[1] - 1) / s.stride[1];
        const auto room = s.size[1] - 1 - shift;
        const auto end = room < 0 ? 0 : std::min(columns, room / s.stride[1] + 1);
        for (std::int64_t line = 0; line < lines; ++line, place += columns) {
          const auto from = line * s.stride[0] + i * s.dilation[0] - s.padding[0];
          const bool inside = from >= 0 && from < s.size[0];
          const auto count = inside ? std::max<std::int64_t>(0, end - first) : 0;
          visit((channel * s.size[0] + from) * s.size[1] + shift, first, count, place);
        }
      }
    }
  }
}

void ConvolutionKernel::gather_patches(std::int64_t group, const float* x) {
  const auto columns = shape_.output_size(1), stride = shape_.stride[1];
  for_each_line(group, [&](std::int64_t from, std::int64_t first, std::int64_t count, std::int64_t place) {
    float* const to = patches_.data() + place;
    if (count < columns) std::fill_n(to, columns, 0.0F);
    if (stride == 1) {
      std::copy_n(x + from + first, count, to + first);
    } else {
      for (std::int64_t j = first; j < first + count; ++j) to[j] = x[from + j * stride];
    }
  });
}

void ConvolutionKernel::scatter_patches(std::int64_t group, float* dx) const {
  const auto stride = shape_.stride[1];
  for_each_line(group, [&](std::int64_t to, std::int64_t first, std::int64_t count, std::int64_t place) {
    const float* const from = patches_.data() + place;
    for (std::int64_t j = first; j < first + count; ++j) dx[to + j * stride] += from[j];
  });
}

void ConvolutionKernel::forward(const kernel::Call& call) {
  for (std::int64_t row = 0; row < call.rows; ++row) forward_of_row(call, row);
}

void ConvolutionKernel::forward_of_row(const kernel::Call& call, std::int64_t row) {
  const auto places = shape_.places(), patch = shape_.patch(), channels = shape_.out_channels / shape_.groups;
  float* const y = call.output.values + row * shape_.output_width();
  for (std::int64_t group = 0; group < shape_.groups; ++group) {
    gather_patches(group, call.inputs[0].values + row * shape_.input_width());
    kernel::multiply({false, false, channels, places, patch},
                     call.parameters[0].values + group * channels * patch, patches_.data(),
                     y + group * channels * places);
  }
  for (std::int64_t channel = 0; bias_ && channel < shape_.out_channels; ++channel) {
    kernel::for_each_element(places, [to = y + channel * places, shift = call.parameters[1].values[channel]](
                                         std::int64_t i) { to[i] += shift; });
  }
  if (function_ != nullptr) function_->forward(nullptr, y, 1, shape_.output_width());
}

void ConvolutionKernel::backward(const kernel::Call& call) {
  auto* const dw = call.parameters[0].gradients;
  auto* const db = bias_ ? call.parameters[1].gradients : nullptr;
  auto* const dx = call.inputs[0].gradients;
  std::fill(weight_gradients_.begin(), weight_gradients_.end(), 0.0F);
  if (db != nullptr) std::fill_n(db, shape_.out_channels, 0.0F);
  if (dx != nullptr) std::fill_n(dx, call.rows * shape_.input_width(), 0.0F);
  for (std::int64_t row = 0; row < call.rows; ++row) backward_of_row(call, row);
  if (dw == nullptr) return;
  const auto patch = shape_.patch(), channels = shape_.out_channels / shape_.groups;
  for (std::int64_t group = 0; group < shape_.groups; ++group) {
    const auto first = group * channels * patch;
    kernel::transpose_matrix(weight_gradients_.data() + first, channels, patch, channels, dw + first, patch);
  }
}

void ConvolutionKernel::backward_of_row(const kernel::Call& call, std::int64_t row) {
  const auto places = shape_.places(), patch = shape_.patch(), channels = shape_.out_channels / shape_.groups;
  const auto& x = call.inputs[0];
  float* const dy = call.output.gradients + row * shape_.output_width();
  if (function_ != nullptr) {
    function_->backward(call.output.values + row * shape_.output_width(), dy, nullptr, 1, shape_.output_width());
  }
  auto* const db = bias_ ? call.parameters[1].gradients : nullptr;
  for (std::int64_t channel = 0; db != nullptr && channel < shape_.out_channels; ++channel) {
    db[channel] += kernel::sum_elements(places, [from = dy + channel * places](std::int64_t i) { return from[i]; });
  }
  for (std::int64_t group = 0; group < shape_.groups; ++group) {
    const auto first = group * channels * patch;
    const float* const from = dy + group * channels * places;
    if (call.parameters[0].gradients != nullptr) {
      gather_patches(group, x.values + row * shape_.input_width());
      kernel::transpose_matrix(from, places, channels, places, transposed_.data(), channels);
      kernel::multiply({false, false, patch, channels, places, true}, patches_.data(), transposed_.data(),
                       weight_gradients_.data() + first);
    }
    if (x.gradients == nullptr) continue;
    kernel::multiply({true, false, patch, places, channels}, call.parameters[0].values + first, from, patches_.data());
    scatter_patches(group, x.gradients + row * shape_.input_width());
  }
}

double ConvolutionKernel::operations_per_row() const {
  return 2.0 * static_cast<double>(shape_.patch()) * static_cast<double>(shape_.output_width());
}

}  // namespace mlr3libtorch::network
