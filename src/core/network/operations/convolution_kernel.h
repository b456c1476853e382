#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/kernel/elementwise.h"
#include "core/kernel/kernel.h"

namespace mlr3libtorch::network {

/// A convolution of one or two dimensions, which are height and width; the height of one dimension is 1.
struct ConvolutionShape {
  using Pair = std::array<std::int64_t, 2>;

  std::int64_t in_channels = 1;
  std::int64_t out_channels = 1;
  std::int64_t groups = 1;
  Pair size = {1, 1};
  Pair kernel = {1, 1};
  Pair stride = {1, 1};
  Pair padding = {0, 0};
  Pair dilation = {1, 1};

  std::int64_t output_size(std::size_t dim) const {
    return (size[dim] + 2 * padding[dim] - dilation[dim] * (kernel[dim] - 1) - 1) / stride[dim] + 1;
  }
  std::int64_t places() const { return output_size(0) * output_size(1); }
  std::int64_t input_width() const { return in_channels * size[0] * size[1]; }
  std::int64_t output_width() const { return out_channels * places(); }
  /// Whether the output has the input's lines and columns, so that the window moves over both in step.
  bool keeps_size() const { return stride == Pair{1, 1} && output_size(0) == size[0] && output_size(1) == size[1]; }
  /// The numbers that one output of a group is made from.
  std::int64_t patch() const { return in_channels / groups * kernel[0] * kernel[1]; }
};

/// Row by row: the patches under the window become the columns of a matrix, and the convolution a product.
class ConvolutionKernel : public kernel::Kernel {
 public:
  ConvolutionKernel(const ConvolutionShape& shape, bool bias);

  void forward(const kernel::Call& call) override;
  void backward(const kernel::Call& call) override;
  bool reads_output() const override { return function_ != nullptr; }
  bool absorb(const std::shared_ptr<const kernel::Elementwise>& function) override;
  kernel::Grain grain_of_rows() const override { return kernel::grain_of_blocks(1, operations_per_row()); }
  double operations_per_row() const override;

 private:
  void forward_of_row(const kernel::Call& call, std::int64_t row);
  void backward_of_row(const kernel::Call& call, std::int64_t row);
  /// One row of the patches' matrix: what one place of the window sees of one channel while it moves.
  struct Plane {
    std::int64_t channel;
    std::array<std::int64_t, 2> shift;  // of the window's place against that of the output, in lines and columns
    std::array<std::int64_t, 2> first;  // the lines and columns of the output from which it sees something ...
    std::array<std::int64_t, 2> end;    // ... up to these
  };

  /// Places of the output, and how far the input's are from them.
  struct Seen {
    std::int64_t first, end, shift;
  };

  std::vector<Plane> make_planes() const;
  Seen seen_at_once(const Plane& plane) const;
  void clear_edges(const Plane& plane, float* values) const;
  template <class Visit>
  void for_each_line(const Plane& plane, const Visit& visit) const;
  void gather_plane(const Plane& plane, const float* x, float* to) const;
  void scatter_plane(const Plane& plane, float* from, float* dx) const;
  void gather_patches(std::int64_t group, const float* x);
  void scatter_patches(std::int64_t group, float* dx);

  ConvolutionShape shape_;
  bool bias_;
  std::shared_ptr<const kernel::Elementwise> function_;
  std::vector<Plane> planes_;            // of all groups
  std::vector<float> patches_;           // [patch, places], of one group and row
  std::vector<float> transposed_;        // the gradients of one group and row: [places, channels of the group]
  std::vector<float> weight_gradients_;  // [groups, patch, channels of the group]
};

}  // namespace mlr3libtorch::network
