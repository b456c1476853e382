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
  std::int64_t reach(std::size_t dim) const { return dilation[dim] * (kernel[dim] - 1); }
  std::int64_t group_inputs() const { return in_channels / groups; }
  std::int64_t group_outputs() const { return out_channels / groups; }
  /// The numbers that one output of a group is made from.
  std::int64_t patch() const { return in_channels / groups * kernel[0] * kernel[1]; }
};

/// Row by row, each of which is a product with the patches under the window.
class ConvolutionKernel : public kernel::Kernel {
 public:
  ConvolutionKernel(const ConvolutionShape& shape, bool bias);

  void forward(const kernel::Call& call) override;
  void backward(const kernel::Call& call) override;
  bool reads_output() const override { return function_ != nullptr; }
  bool absorb(const std::shared_ptr<const kernel::Elementwise>& function) override;
  kernel::Grain grain_of_rows() const override { return kernel::grain_of_blocks(1, operations_per_row()); }
  double operations_per_row() const override;

 protected:
  const ConvolutionShape& shape() const { return shape_; }
  /// [groups, patch, channels of the group], over the rows of a batch.
  float* weight_gradients(std::int64_t group) {
    return weight_gradients_.data() + group * shape_.patch() * shape_.group_outputs();
  }

 private:
  /// Sets y to the products of one row.
  virtual void multiply_row(const float* weight, const float* x, float* y) = 0;
  virtual void begin_input_gradients(const float* /*weight*/) {}
  /// Before the gradients of each row.
  virtual void begin_row_gradients(const float* /*dy*/) {}
  /// Adds to the gradients of the weight.
  virtual void add_weight_gradients(const float* x, const float* dy) = 0;
  /// Sets dx.
  virtual void give_input_gradients(const float* weight, const float* dy, float* dx) = 0;

  void finish_row(const kernel::Call& call, float* y) const;
  void begin_row_backward(const kernel::Call& call, const float* y, float* dy) const;

  ConvolutionShape shape_;
  bool bias_;
  std::shared_ptr<const kernel::Elementwise> function_;
  std::vector<float> weight_gradients_;
};

/// For any window: the patches are copied into a matrix.
std::unique_ptr<ConvolutionKernel> make_patch_convolution(const ConvolutionShape& shape, bool bias);
/// For a window that moves by one place, where the patches are parts of the input, with zeros around it.
std::unique_ptr<ConvolutionKernel> make_sliding_convolution(const ConvolutionShape& shape, bool bias);
/// The fitting one of them.
std::unique_ptr<ConvolutionKernel> make_convolution(const ConvolutionShape& shape, bool bias);

}  // namespace mlr3libtorch::network
