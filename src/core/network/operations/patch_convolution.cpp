#include <algorithm>

#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"
#include "core/network/operations/convolution_kernel.h"

namespace mlr3libtorch::network {
namespace {

class PatchConvolution : public ConvolutionKernel {
 public:
  PatchConvolution(const ConvolutionShape& convolution, bool bias)
      : ConvolutionKernel(convolution, bias),
        planes_(make_planes(convolution)),
        patches_(static_cast<std::size_t>(convolution.patch() * convolution.places())),
        transposed_(static_cast<std::size_t>(convolution.group_outputs() * convolution.places())) {}

 private:
  /// One row of the patches' matrix: what one place of the window sees of one channel while it moves.
  struct Plane {
    std::int64_t channel;
    std::array<std::int64_t, 2> shift;  // of the window's place against that of the output, in lines and columns
    std::array<std::int64_t, 2> first;  // the lines and columns of the output from which it sees something ...
    std::array<std::int64_t, 2> end;    // ... up to these
  };

  static std::vector<Plane> make_planes(const ConvolutionShape& s) {
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

  /// Calls `visit(place in the input, place in the output)` for the first column that is seen of each line.
  template <class Visit>
  void for_each_line(const Plane& plane, const Visit& visit) const {
    const auto& s = shape();
    for (auto line = plane.first[0]; line < plane.end[0]; ++line) {
      const auto from = line * s.stride[0] + plane.shift[0];
      visit(from * s.size[1] + plane.first[1] * s.stride[1] + plane.shift[1], line * s.output_size(1) + plane.first[1]);
    }
  }

  /// Calls `visit(plane, line of the patches' matrix)` for each row of the matrix of a group.
  template <class Visit>
  void for_each_plane(std::int64_t group, const Visit& visit) {
    for (std::int64_t i = 0; i < shape().patch(); ++i) {
      visit(planes_[static_cast<std::size_t>(group * shape().patch() + i)], patches_.data() + i * shape().places());
    }
  }

  std::int64_t plane_start(const Plane& plane) const { return plane.channel * shape().size[0] * shape().size[1]; }

  void gather_patches(std::int64_t group, const float* x) {
    for_each_plane(group, [&](const Plane& plane, float* to) {
      const auto stride = shape().stride[1], count = plane.end[1] - plane.first[1];
      const float* const channel = x + plane_start(plane);
      std::fill_n(to, shape().places(), 0.0F);
      for_each_line(plane, [=](std::int64_t from, std::int64_t place) {
        for (std::int64_t j = 0; j < count; ++j) to[place + j] = channel[from + j * stride];
      });
    });
  }

  void scatter_patches(std::int64_t group, float* dx) {
    for_each_plane(group, [&](const Plane& plane, const float* from) {
      const auto stride = shape().stride[1], count = plane.end[1] - plane.first[1];
      float* const channel = dx + plane_start(plane);
      for_each_line(plane, [=](std::int64_t to, std::int64_t place) {
        for (std::int64_t j = 0; j < count; ++j) channel[to + j * stride] += from[place + j];
      });
    });
  }

  void multiply_row(const float* weight, const float* x, float* y) override {
    const auto places = shape().places(), patch = shape().patch(), channels = shape().group_outputs();
    for (std::int64_t group = 0; group < shape().groups; ++group) {
      gather_patches(group, x);
      kernel::multiply({false, false, channels, places, patch}, weight + group * channels * patch, patches_.data(),
                       y + group * channels * places);
    }
  }

  void add_weight_gradients(const float* x, const float* dy) override {
    const auto places = shape().places(), channels = shape().group_outputs();
    for (std::int64_t group = 0; group < shape().groups; ++group) {
      gather_patches(group, x);
      kernel::transpose_matrix(dy + group * channels * places, places, channels, places, transposed_.data(), channels);
      kernel::multiply({false, false, shape().patch(), channels, places, true}, patches_.data(), transposed_.data(),
                       weight_gradients(group));
    }
  }

  void give_input_gradients(const float* weight, const float* dy, float* dx) override {
    const auto places = shape().places(), patch = shape().patch(), channels = shape().group_outputs();
    std::fill_n(dx, shape().input_width(), 0.0F);
    for (std::int64_t group = 0; group < shape().groups; ++group) {
      kernel::multiply({true, false, patch, places, channels}, weight + group * channels * patch,
                       dy + group * channels * places, patches_.data());
      scatter_patches(group, dx);
    }
  }

  std::vector<Plane> planes_;      // of all groups
  std::vector<float> patches_;     // [patch, places], of one group and row
  std::vector<float> transposed_;  // the gradients of one group and row: [places, channels of the group]
};

}  // namespace

std::unique_ptr<ConvolutionKernel> make_patch_convolution(const ConvolutionShape& shape, bool bias) {
  return std::make_unique<PatchConvolution>(shape, bias);
}

}  // namespace mlr3libtorch::network
