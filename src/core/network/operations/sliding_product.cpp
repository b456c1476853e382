#include <algorithm>

#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"
#include "core/network/operations/convolution_product.h"

namespace mlr3libtorch::network {
namespace {

using Pair = ConvolutionShape::Pair;

/// The channels of one row, each in a plane with zeros around it.
class Planes {
 public:
  /// `width`: of a line, with its zeros.
  Planes(std::int64_t channels, const Pair& size, const Pair& margin, std::int64_t width)
      : channels_(channels),
        size_(size),
        width_(width),
        plane_((size[0] + 2 * margin[0]) * width),
        first_(margin[0] * width + margin[1]),
        values_(static_cast<std::size_t>(channels * plane_)) {}

  std::int64_t plane() const { return plane_; }
  const float* channel(std::int64_t channel) const { return values_.data() + channel * plane_; }
  /// The first number that is none of the zeros.
  const float* inside(std::int64_t channel) const { return this->channel(channel) + first_; }

  /// x: [channels, size]
  void fill(const float* x) {
    for (std::int64_t i = 0; i < channels_; ++i) {
      float* to = values_.data() + i * plane_ + first_;
      for (std::int64_t line = 0; line < size_[0]; ++line, to += width_, x += size_[1]) std::copy_n(x, size_[1], to);
    }
  }

 private:
  std::int64_t channels_;
  Pair size_;
  std::int64_t width_, plane_, first_;
  std::vector<float> values_;
};

/// What a place of the window sees while it moves is one stretch of a plane, if the ends of its lines are passed over
/// as well. So the rows of the patches' matrix are such stretches, and need not be copied. Inputs and gradients have
/// lines of the same width: what is computed between two lines comes to nothing.
class SlidingProduct : public ConvolutionProduct {
 public:
  explicit SlidingProduct(const ConvolutionShape& convolution)
      : shape_(convolution),
        width_(convolution.size[1] + std::max(2 * convolution.padding[1], convolution.reach(1))),
        x_(convolution.in_channels, convolution.size, convolution.padding, width_),
        dy_(convolution.out_channels, {convolution.output_size(0), convolution.output_size(1)},
            {convolution.reach(0) - convolution.padding[0], convolution.reach(1) - convolution.padding[1]}, width_),
        outputs_((convolution.output_size(0) - 1) * width_ + convolution.output_size(1)),
        inputs_((convolution.size[0] - 1) * width_ + convolution.size[1]),
        patches_(static_cast<std::size_t>(convolution.patch() * outputs_)),
        transposed_(static_cast<std::size_t>(convolution.group_outputs() * outputs_)),
        turned_(static_cast<std::size_t>(convolution.out_channels * convolution.patch())),
        wide_(static_cast<std::size_t>(
            std::max(convolution.group_outputs() * outputs_, convolution.group_inputs() * inputs_))),
        gradients_(convolution) {
    const auto last = convolution.reach(0) * width_ + convolution.reach(1);
    for (std::int64_t i = 0; i < convolution.group_inputs(); ++i) {
      for_each_shift([&](std::int64_t shift) { x_lines_.push_back(i * x_.plane() + shift); });
    }
    for (std::int64_t i = 0; i < convolution.group_outputs(); ++i) {
      for_each_shift([&](std::int64_t shift) { dy_lines_.push_back(i * dy_.plane() + last - shift); });
    }
  }

 private:
  /// Calls `visit(how far a place of the window lies behind its first)`.
  template <class Visit>
  void for_each_shift(const Visit& visit) const {
    const auto& s = shape_;
    for (std::int64_t i = 0; i < s.kernel[0]; ++i) {
      for (std::int64_t j = 0; j < s.kernel[1]; ++j) visit(i * s.dilation[0] * width_ + j * s.dilation[1]);
    }
  }

  /// to: [a.rows, size] = a times the lines, which are `a.columns` numbers each.
  void multiply_lines(const kernel::LinesGemm& gemm, const Pair& size, const float* a, const float* lines, float* to) {
    if (size[0] == 1) return kernel::multiply_lines(gemm, a, lines, to);
    kernel::multiply_lines(gemm, a, lines, wide_.data());
    for (std::int64_t row = 0; row < gemm.rows; ++row) {
      const float* from = wide_.data() + row * gemm.columns;
      for (std::int64_t line = 0; line < size[0]; ++line, from += width_) to = std::copy_n(from, size[1], to);
    }
  }

  void multiply(std::int64_t rows, const float* weight, const float* x, float* y) override {
    for (std::int64_t row = 0; row < rows; ++row) {
      multiply_row(weight, x + row * shape_.input_width(), y + row * shape_.output_width());
    }
  }

  void multiply_row(const float* weight, const float* x, float* y) {
    const auto& s = shape_;
    x_.fill(x);
    for (std::int64_t group = 0; group < s.groups; ++group) {
      multiply_lines({s.group_outputs(), outputs_, s.patch(), x_lines_.data()}, {s.output_size(0), s.output_size(1)},
                     weight + group * s.group_outputs() * s.patch(), x_.channel(group * s.group_inputs()),
                     y + group * s.group_outputs() * s.places());
    }
  }

  void begin_gradients(const kernel::Parameter& weight, bool of_input) override {
    gradients_.begin();
    if (of_input) turn(weight.values);
  }

  /// turned[group, input, output, window] = weight[group, output, input, window]
  void turn(const float* weight) {
    const auto& s = shape_;
    const auto window = s.kernel[0] * s.kernel[1], in = s.group_inputs(), out = s.group_outputs();
    for (std::int64_t group = 0; group < s.groups; ++group) {
      for (std::int64_t i = 0; i < out * in; ++i, weight += window) {
        std::copy_n(weight, window, turned_.data() + (group * out * in + i % in * out + i / in) * window);
      }
    }
  }

  void add_gradients(std::int64_t rows, const kernel::Parameter& weight, const float* x, const float* dy,
                     float* dx) override {
    for (std::int64_t row = 0; row < rows; ++row) {
      dy_.fill(dy + row * shape_.output_width());
      if (weight.gradients != nullptr) add_weight_gradients(x + row * shape_.input_width());
      if (dx != nullptr) give_input_gradients(dx + row * shape_.input_width());
    }
  }

  void end_gradients(const kernel::Parameter& weight) override { gradients_.give(weight.gradients); }

  void add_weight_gradients(const float* x) {
    const auto& s = shape_;
    x_.fill(x);
    for (std::int64_t group = 0; group < s.groups; ++group) {
      const float* const lines = x_.channel(group * s.group_inputs());
      float* to = patches_.data();
      for (const auto line : x_lines_) to = std::copy_n(lines + line, outputs_, to);
      kernel::transpose_matrix(dy_.inside(group * s.group_outputs()), dy_.plane(), s.group_outputs(), outputs_,
                               transposed_.data(), s.group_outputs());
      gradients_.add(group, outputs_, patches_.data(), transposed_.data());
    }
    gradients_.end_block();
  }

  void give_input_gradients(float* dx) {
    const auto& s = shape_;
    const auto depth = static_cast<std::int64_t>(dy_lines_.size());
    for (std::int64_t group = 0; group < s.groups; ++group) {
      multiply_lines({s.group_inputs(), inputs_, depth, dy_lines_.data()}, s.size,
                     turned_.data() + group * s.group_inputs() * depth, dy_.channel(group * s.group_outputs()),
                     dx + group * s.group_inputs() * s.size[0] * s.size[1]);
    }
  }

  ConvolutionShape shape_;
  std::int64_t width_;                            // of a line
  Planes x_, dy_;                                 // of one row
  std::int64_t outputs_, inputs_;                 // their places, those between two lines included
  std::vector<std::int64_t> x_lines_, dy_lines_;  // where the rows of a group's patches begin
  std::vector<float> patches_;                    // [patch, outputs_], of one group and row
  std::vector<float> transposed_;                 // [outputs_, channels of the group]
  std::vector<float> turned_;                     // the weight
  std::vector<float> wide_;                       // a group's results with what lies between two lines
  PatchGradients gradients_;
};

}  // namespace

std::unique_ptr<ConvolutionProduct> make_sliding_product(const ConvolutionShape& shape, std::int64_t /*block*/) {
  return std::make_unique<SlidingProduct>(shape);
}

}  // namespace mlr3libtorch::network
