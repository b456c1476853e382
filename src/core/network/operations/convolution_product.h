#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

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

/// How the products of a convolution are computed, in blocks of a batch's rows.
class ConvolutionProduct {
 public:
  virtual ~ConvolutionProduct() = default;

  /// Before the blocks of a batch go forward.
  virtual void begin(const float* /*weight*/) {}
  /// Sets y to the products of `rows` rows, which are a block or its beginning.
  virtual void multiply(std::int64_t rows, const float* weight, const float* x, float* y) = 0;
  /// Before the blocks of a batch go backward; they went forward with the same weight.
  virtual void begin_gradients(const kernel::Parameter& weight, bool of_input) = 0;
  /// Adds a block's part to the gradients of the weight, and sets `dx` unless it is null.
  virtual void add_gradients(std::int64_t rows, const kernel::Parameter& weight, const float* x, const float* dy,
                             float* dx) = 0;
  /// After the last block: sets the gradients of the weight.
  virtual void end_gradients(const kernel::Parameter& weight) = 0;
};

/// The gradients of a weight, as products with patches give them.
class PatchGradients {
 public:
  explicit PatchGradients(const ConvolutionShape& shape);

  /// Before the first block of a batch.
  void begin() { adds_ = false; }
  /// patches: [patch, places], dy: [places, channels of the group]
  void add(std::int64_t group, std::int64_t places, const float* patches, const float* dy);
  void end_block() { adds_ = true; }
  /// to: [groups, channels of the group, patch]
  void give(float* to) const;

 private:
  std::int64_t groups_, patch_, channels_;
  bool adds_ = false;
  std::vector<float> values_;  // [groups, patch, channels of the group]
};

using MakeConvolutionProduct = std::unique_ptr<ConvolutionProduct>(const ConvolutionShape& shape, std::int64_t block);

/// For any window: the patches of a block are copied into a matrix.
MakeConvolutionProduct make_patch_product;
/// For a window that moves by one place: the patches are parts of the input, with zeros around it.
MakeConvolutionProduct make_sliding_product;
/// For channels that are convolved each for itself.
MakeConvolutionProduct make_depthwise_product;
/// For windows of 3 by 3 that move by one place.
MakeConvolutionProduct make_winograd_product;

}  // namespace mlr3libtorch::network
