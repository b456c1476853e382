#include <algorithm>
#include <type_traits>

#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"
#include "core/network/operations/channels_last.h"
#include "core/network/operations/convolution_product.h"

namespace mlr3libtorch::network {
namespace {

/// Each channel for itself.
class DepthwiseProduct : public ConvolutionProduct {
 public:
  explicit DepthwiseProduct(const ConvolutionShape& s)
      : shape_(s),
        x_(s.in_channels, 1, s.size[0] * s.size[1]),
        y_(s.in_channels, 1, s.places()),
        dx_(s.in_channels, 1, s.size[0] * s.size[1]),
        weight_(s.in_channels, 1, s.patch()),
        dweight_(s.in_channels, 1, s.patch()) {
    for (std::int64_t i = 0; i < s.output_size(0); ++i) {
      for (std::int64_t j = 0; j < s.output_size(1); ++j) {
        add_taps(i * s.stride[0] - s.padding[0], j * s.stride[1] - s.padding[1]);
        ends_.push_back(static_cast<std::int64_t>(taps_.size()));
      }
    }
  }

 private:
  /// A place of the window and what it sees, as numbers from the first.
  struct Tap {
    std::int64_t window;
    std::int64_t input;
  };

  void add_taps(std::int64_t line, std::int64_t column) {
    const auto& s = shape_;
    for (std::int64_t i = 0; i < s.kernel[0]; ++i) {
      for (std::int64_t j = 0; j < s.kernel[1]; ++j) {
        const auto from_line = line + i * s.dilation[0], from_column = column + j * s.dilation[1];
        const bool is_inside = from_line >= 0 && from_line < s.size[0] && from_column >= 0 && from_column < s.size[1];
        if (!is_inside) continue;
        taps_.push_back({(i * s.kernel[1] + j) * x_.stride(), (from_line * s.size[1] + from_column) * x_.stride()});
      }
    }
  }

  /// Sums that stay in registers.
  template <int kLines>
  static void sum_taps(const Tap* tap, const Tap* end, const float* weight, const float* from, float* to) {
    Lanes sums[kLines] = {};
    for (; tap != end; ++tap) {
      const auto* const w = reinterpret_cast<const Lanes*>(weight + tap->window);
      const auto* const seen = reinterpret_cast<const Lanes*>(from + tap->input);
      for (int line = 0; line < kLines; ++line) sums[line] += w[line] * seen[line];
    }
    for (int line = 0; line < kLines; ++line) reinterpret_cast<Lanes*>(to)[line] = sums[line];
  }

  void begin(const float* weight) override { weight_.read(1, weight); }

  void multiply(std::int64_t rows, const float* /*weight*/, const float* x, float* y) override {
    for (std::int64_t row = 0; row < rows; ++row) {
      multiply_row(x + row * shape_.input_width(), y + row * shape_.output_width());
    }
  }

  void multiply_row(const float* x, float* y) {
    x_.read(1, x);
    kernel::vectorised::run([places = shape_.places(), stride = x_.stride(), taps = taps_.data(), ends = ends_.data(),
                             weight = weight_.data(), from = x_.data(), to = y_.data()] {
      for (std::int64_t place = 0, first = 0; place < places; first = ends[place++]) {
        std::int64_t i = 0;
        const auto sum = [&](auto lines) {
          sum_taps<lines>(taps + first, taps + ends[place], weight + i, from + i, to + place * stride + i);
          i += lines * kLanes;
        };
        while (i + 4 * kLanes <= stride) sum(std::integral_constant<int, 4>{});
        while (i < stride) sum(std::integral_constant<int, 1>{});
      }
    });
    y_.write(1, y);
  }

  void begin_gradients(const kernel::Parameter& /*weight*/, bool /*of_input*/) override { dweight_.clear(); }

  void add_gradients(std::int64_t rows, const kernel::Parameter& weight, const float* x, const float* dy,
                     float* dx) override {
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto before = row * shape_.input_width();
      add_row_gradients(weight, x + before, dy + row * shape_.output_width(), dx == nullptr ? nullptr : dx + before);
    }
  }

  void add_row_gradients(const kernel::Parameter& weight, const float* x, const float* dy, float* dx) {
    y_.read(1, dy);
    if (weight.gradients != nullptr) {
      x_.read(1, x);
      for_each_tap([w = dweight_.data(), seen = x_.data(), from = y_.data()](const Tap& tap, std::int64_t output,
                                                                             std::int64_t i) {
        w[tap.window + i] += seen[tap.input + i] * from[output + i];
      });
    }
    if (dx == nullptr) return;
    dx_.clear();
    for_each_tap(
        [w = weight_.data(), to = dx_.data(), from = y_.data()](const Tap& tap, std::int64_t output, std::int64_t i) {
          to[tap.input + i] += w[tap.window + i] * from[output + i];
        });
    dx_.write(1, dx);
  }

  /// Calls `body(tap, where its output begins, channel)`.
  template <class Body>
  void for_each_tap(const Body body) const {
    kernel::vectorised::run(
        [body, places = shape_.places(), stride = x_.stride(), taps = taps_.data(), ends = ends_.data()] {
          for (std::int64_t place = 0, tap = 0; place < places; ++place) {
            for (; tap < ends[place]; ++tap) {
              MLR3LIBTORCH_INDEPENDENT
              for (std::int64_t i = 0; i < stride; ++i) body(taps[tap], place * stride, i);
            }
          }
        });
  }

  void end_gradients(const kernel::Parameter& weight) override { dweight_.write(1, weight.gradients); }

  ConvolutionShape shape_;
  ChannelsLast x_, y_, dx_, weight_, dweight_;
  std::vector<Tap> taps_;           // of all places of the output
  std::vector<std::int64_t> ends_;  // of each place's
};

}  // namespace

std::unique_ptr<ConvolutionProduct> make_depthwise_product(const ConvolutionShape& shape, std::int64_t /*block*/) {
  return std::make_unique<DepthwiseProduct>(shape);
}

}  // namespace mlr3libtorch::network
