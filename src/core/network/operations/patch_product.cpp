#include <algorithm>

#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"
#include "core/network/operations/convolution_product.h"

namespace mlr3libtorch::network {
namespace {

using Pair = ConvolutionShape::Pair;

class PatchProduct : public ConvolutionProduct {
 public:
  PatchProduct(const ConvolutionShape& convolution, std::int64_t block)
      : shape_(convolution), block_(block), planes_(make_planes(convolution)), gradients_(convolution) {
    const auto places = block_ * convolution.places();
    if (!takes_input_as_it_lies()) patches_.resize(static_cast<std::size_t>(convolution.patch() * places));
    if (block_ > 1) outputs_.resize(static_cast<std::size_t>(convolution.group_outputs() * places));
    transposed_.resize(static_cast<std::size_t>(convolution.group_outputs() * places));
  }

 private:
  /// One row of the patches' matrix: what one place of the window sees of one channel while it moves.
  struct Plane {
    std::int64_t channel;
    Pair shift;    // of the window's place against that of the output, in lines and columns
    Pair first;    // the lines and columns of the output from which it sees something ...
    Pair end;      // ... up to these
    bool is_full;  // it sees something from everywhere
  };

  static std::vector<Plane> make_planes(const ConvolutionShape& s) {
    std::vector<Plane> planes;
    for (std::int64_t channel = 0; channel < s.in_channels; ++channel) {
      for (std::int64_t i = 0; i < s.kernel[0]; ++i) {
        for (std::int64_t j = 0; j < s.kernel[1]; ++j) {
          Plane plane{channel, {i * s.dilation[0] - s.padding[0], j * s.dilation[1] - s.padding[1]}, {}, {}, false};
          for (std::size_t dim = 0; dim < 2; ++dim) {
            const auto shift = plane.shift[dim], stride = s.stride[dim], room = s.size[dim] - 1 - shift;
            plane.first[dim] = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
            plane.end[dim] = room < 0 ? 0 : std::min(s.output_size(dim), room / stride + 1);
            plane.first[dim] = std::min(plane.first[dim], plane.end[dim]);
          }
          plane.is_full = plane.first == Pair{0, 0} && plane.end == Pair{s.output_size(0), s.output_size(1)};
          planes.push_back(plane);
        }
      }
    }
    return planes;
  }

  /// Calls `visit(place in the input, place in the output)` for the first column that is seen of each line.
  template <class Visit>
  void for_each_line(const Plane& plane, const Visit& visit) const {
    const auto& s = shape_;
    for (auto line = plane.first[0]; line < plane.end[0]; ++line) {
      const auto from = line * s.stride[0] + plane.shift[0];
      visit(from * s.size[1] + plane.first[1] * s.stride[1] + plane.shift[1], line * s.output_size(1) + plane.first[1]);
    }
  }

  /// Calls `visit(plane, place of a row, its line of the patches' matrix)` for each row of the matrix of a group and of
  /// the block.
  template <class Visit>
  void for_each_plane(std::int64_t group, std::int64_t rows, const Visit& visit) {
    const auto& s = shape_;
    for (std::int64_t i = 0; i < s.patch(); ++i) {
      const auto& plane = planes_[static_cast<std::size_t>(group * s.patch() + i)];
      const auto start = plane.channel * s.size[0] * s.size[1];
      for (std::int64_t row = 0; row < rows; ++row) {
        visit(plane, row * s.input_width() + start, patches_.data() + (i * rows + row) * s.places());
      }
    }
  }

  /// A window of one place sees the input itself.
  bool takes_input_as_it_lies() const {
    const auto& s = shape_;
    return block_ == 1 && s.kernel == Pair{1, 1} && s.stride == Pair{1, 1} && s.padding == Pair{0, 0};
  }

  /// [patch, rows, places]
  const float* gather_patches(std::int64_t group, std::int64_t rows, const float* x) {
    if (takes_input_as_it_lies()) return x + group * shape_.group_inputs() * shape_.places();
    for_each_plane(group, rows, [&](const Plane& plane, std::int64_t start, float* to) {
      const auto stride = shape_.stride[1], count = plane.end[1] - plane.first[1];
      const float* const channel = x + start;
      if (!plane.is_full) std::fill_n(to, shape_.places(), 0.0F);
      for_each_line(plane, [=](std::int64_t from, std::int64_t place) {
        for (std::int64_t j = 0; j < count; ++j) to[place + j] = channel[from + j * stride];
      });
    });
    return patches_.data();
  }

  void scatter_patches(std::int64_t group, std::int64_t rows, float* dx) {
    for_each_plane(group, rows, [&](const Plane& plane, std::int64_t start, const float* from) {
      const auto stride = shape_.stride[1], count = plane.end[1] - plane.first[1];
      float* const channel = dx + start;
      for_each_line(plane, [=](std::int64_t to, std::int64_t place) {
        for (std::int64_t j = 0; j < count; ++j) channel[to + j * stride] += from[place + j];
      });
    });
  }

  /// Calls `visit(place in a batch, place in [channels of the group, rows, places])` for each of them.
  template <class Visit>
  void for_each_output(std::int64_t group, std::int64_t rows, const Visit& visit) const {
    const auto& s = shape_;
    for (std::int64_t i = 0; i < s.group_outputs(); ++i) {
      for (std::int64_t row = 0; row < rows; ++row) {
        visit(row * s.output_width() + (group * s.group_outputs() + i) * s.places(), (i * rows + row) * s.places());
      }
    }
  }

  void multiply(std::int64_t rows, const float* weight, const float* x, float* y) override {
    const auto places = shape_.places(), patch = shape_.patch(), channels = shape_.group_outputs();
    for (std::int64_t group = 0; group < shape_.groups; ++group) {
      float* const to = block_ == 1 ? y + group * channels * places : outputs_.data();
      kernel::multiply({false, false, channels, rows * places, patch}, weight + group * channels * patch,
                       gather_patches(group, rows, x), to);
      if (block_ == 1) continue;
      for_each_output(group, rows,
                      [=](std::int64_t place, std::int64_t from) { std::copy_n(to + from, places, y + place); });
    }
  }

  void begin_gradients(const kernel::Parameter& /*weight*/, bool /*of_input*/) override { gradients_.begin(); }

  void add_gradients(std::int64_t rows, const kernel::Parameter& weight, const float* x, const float* dy,
                     float* dx) override {
    if (dx != nullptr) std::fill_n(dx, rows * shape_.input_width(), 0.0F);
    for (std::int64_t group = 0; group < shape_.groups; ++group) {
      const float* const of_group = gather_output_gradients(group, rows, dy);
      if (weight.gradients != nullptr) add_weight_gradients(group, rows, x, of_group);
      if (dx != nullptr) add_input_gradients(group, rows, weight.values, of_group, dx);
    }
    gradients_.end_block();
  }

  /// [channels of the group, rows, places]
  const float* gather_output_gradients(std::int64_t group, std::int64_t rows, const float* dy) {
    const auto places = shape_.places();
    if (block_ == 1) return dy + group * shape_.group_outputs() * places;
    for_each_output(group, rows, [=, to = outputs_.data()](std::int64_t place, std::int64_t target) {
      std::copy_n(dy + place, places, to + target);
    });
    return outputs_.data();
  }

  void add_weight_gradients(std::int64_t group, std::int64_t rows, const float* x, const float* dy) {
    const auto places = rows * shape_.places(), channels = shape_.group_outputs();
    kernel::transpose_matrix(dy, places, channels, places, transposed_.data(), channels);
    gradients_.add(group, places, gather_patches(group, rows, x), transposed_.data());
  }

  void add_input_gradients(std::int64_t group, std::int64_t rows, const float* weight, const float* dy, float* dx) {
    const auto places = rows * shape_.places(), patch = shape_.patch(), channels = shape_.group_outputs();
    const bool is_result = takes_input_as_it_lies();
    kernel::multiply({true, false, patch, places, channels}, weight + group * channels * patch, dy,
                     is_result ? dx + group * patch * places : patches_.data());
    if (!is_result) scatter_patches(group, rows, dx);
  }

  void end_gradients(const kernel::Parameter& weight) override { gradients_.give(weight.gradients); }

  ConvolutionShape shape_;
  std::int64_t block_;
  std::vector<Plane> planes_;  // of all groups
  PatchGradients gradients_;
  std::vector<float> patches_;     // [patch, rows, places], of one group and block
  std::vector<float> outputs_;     // [channels of the group, rows, places]
  std::vector<float> transposed_;  // the gradients of one group and block: [rows, places, channels of the group]
};

}  // namespace

std::unique_ptr<ConvolutionProduct> make_patch_product(const ConvolutionShape& shape, std::int64_t block) {
  return std::make_unique<PatchProduct>(shape, block);
}

}  // namespace mlr3libtorch::network
