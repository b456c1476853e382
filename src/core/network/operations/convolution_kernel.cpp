#include "core/network/operations/convolution_kernel.h"

#include <algorithm>

#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::network {

ConvolutionKernel::ConvolutionKernel(const ConvolutionShape& shape, bool bias)
    : shape_(shape),
      bias_(bias),
      planes_(make_planes()),
      patches_(static_cast<std::size_t>(shape.patch() * shape.places())),
      transposed_(static_cast<std::size_t>(shape.out_channels / shape.groups * shape.places())),
      weight_gradients_(static_cast<std::size_t>(shape.patch() * shape.out_channels)) {}

bool ConvolutionKernel::absorb(const std::shared_ptr<const kernel::Elementwise>& function) {
  if (function_ != nullptr) return false;
  function_ = function;
  return true;
}

std::vector<ConvolutionKernel::Plane> ConvolutionKernel::make_planes() const {
  const auto& s = shape_;
  std::vector<Plane> planes;
  for (std::int64_t channel = 0; channel < s.in_channels; ++channel) {
    for (std::int64_t i = 0; i < s.kernel[0]; ++i) {
      for (std::int64_t j = 0; j < s.kernel[1]; ++j) {
        Plane plane{channel, {i * s.dilation[0] - s.padding[0], j * s.dilation[1] - s.padding[1]}, {}, {}};
        for (std::size_t dim = 0; dim < 2; ++dim) {
          const auto shift = plane.shift[dim], stride = s.stride[dim], room = s.size[dim] - 1 - shift;
          plane.first[dim] = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
          plane.end[dim] = room < 0 ? 0 : std::min(s.output_size(dim), room / stride + 1);
          plane.first[dim] = std::min(plane.first[dim], plane.end[dim]);
        }
        planes.push_back(plane);
      }
    }
  }
  return planes;
}

/// Zeroes what the window's place does not see.
void ConvolutionKernel::clear_edges(const Plane& plane, float* values) const {
  const auto columns = shape_.output_size(1);
  std::fill_n(values, plane.first[0] * columns, 0.0F);
  std::fill(values + plane.end[0] * columns, values + shape_.places(), 0.0F);
  if (plane.first[1] == 0 && plane.end[1] == columns) return;
  for (auto line = plane.first[0]; line < plane.end[0]; ++line) {
    for (std::int64_t j = 0; j < plane.first[1]; ++j) values[line * columns + j] = 0;
    for (auto j = plane.end[1]; j < columns; ++j) values[line * columns + j] = 0;
  }
}

/// Calls `visit(place in the input, place in the output)` for the first column that is seen of each line.
template <class Visit>
void ConvolutionKernel::for_each_line(const Plane& plane, const Visit& visit) const {
  const auto& s = shape_;
  for (auto line = plane.first[0]; line < plane.end[0]; ++line) {
    const auto from = line * s.stride[0] + plane.shift[0];
    visit(from * s.size[1] + plane.first[1] * s.stride[1] + plane.shift[1], line * s.output_size(1) + plane.first[1]);
  }
}

/// x: the plane's channel.
void ConvolutionKernel::gather_plane(const Plane& plane, const float* x, float* to) const {
  const auto stride = shape_.stride[1], count = plane.end[1] - plane.first[1];
  if (shape_.keeps_size()) {
    const auto [first, end, shift] = seen_at_once(plane);
    std::copy(x + first + shift, x + end + shift, to + first);
  } else {
    for_each_line(plane, [=](std::int64_t from, std::int64_t place) {
      for (std::int64_t j = 0; j < count; ++j) to[place + j] = x[from + j * stride];
    });
  }
  clear_edges(plane, to);
}

void ConvolutionKernel::scatter_plane(const Plane& plane, float* from, float* dx) const {
  const auto stride = shape_.stride[1], count = plane.end[1] - plane.first[1];
  if (shape_.keeps_size()) {
    clear_edges(plane, from);
    const auto seen = seen_at_once(plane);
    kernel::for_each_element(seen.end - seen.first, [to = dx + seen.first + seen.shift,
                                                     given = from + seen.first](std::int64_t i) { to[i] += given[i]; });
  } else {
    for_each_line(plane, [=](std::int64_t to, std::int64_t place) {
      for (std::int64_t j = 0; j < count; ++j) dx[to + j * stride] += from[place + j];
    });
  }
}

/// If the output has the input's size, a plane is the channel moved by some places, but for its edges.
ConvolutionKernel::Seen ConvolutionKernel::seen_at_once(const Plane& plane) const {
  const auto columns = shape_.size[1];
  const auto shift = plane.shift[0] * columns + plane.shift[1];
  const auto first = std::max(plane.first[0] * columns, -shift);
  return {first, std::max(first, std::min(plane.end[0] * columns, shape_.places() - shift)), shift};
}

void ConvolutionKernel::gather_patches(std::int64_t group, const float* x) {
  for (std::int64_t i = 0; i < shape_.patch(); ++i) {
    const auto& plane = planes_[static_cast<std::size_t>(group * shape_.patch() + i)];
    gather_plane(plane, x + plane.channel * shape_.size[0] * shape_.size[1], patches_.data() + i * shape_.places());
  }
}

void ConvolutionKernel::scatter_patches(std::int64_t group, float* dx) {
  for (std::int64_t i = 0; i < shape_.patch(); ++i) {
    const auto& plane = planes_[static_cast<std::size_t>(group * shape_.patch() + i)];
    scatter_plane(plane, patches_.data() + i * shape_.places(), dx + plane.channel * shape_.size[0] * shape_.size[1]);
  }
}

void ConvolutionKernel::forward(const kernel::Call& call) {
  for (std::int64_t row = 0; row < call.rows; ++row) forward_of_row(call, row);
}

void ConvolutionKernel::forward_of_row(const kernel::Call& call, std::int64_t row) {
  const auto places = shape_.places(), patch = shape_.patch(), channels = shape_.out_channels / shape_.groups;
  float* const y = call.output.values + row * shape_.output_width();
  for (std::int64_t group = 0; group < shape_.groups; ++group) {
    gather_patches(group, call.inputs[0].values + row * shape_.input_width());
    kernel::multiply({false, false, channels, places, patch}, call.parameters[0].values + group * channels * patch,
                     patches_.data(), y + group * channels * places);
  }
  for (std::int64_t channel = 0; bias_ && channel < shape_.out_channels; ++channel) {
    kernel::for_each_element(places, [to = y + channel * places,
                                      shift = call.parameters[1].values[channel]](std::int64_t i) { to[i] += shift; });
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
