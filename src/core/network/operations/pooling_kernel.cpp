#include "core/network/operations/pooling_kernel.h"

#include <algorithm>
#include <utility>

#include "core/kernel/vectorised.h"

namespace mlr3libtorch::network {
namespace {

/// Calls `visit(place in the output, lines, columns)` for each window.
template <class Visit>
void for_each_window(const PoolingShape& shape, const Visit& visit) {
  std::int64_t output = 0;
  for (const auto& lines : shape.ranges[0]) {
    for (const auto& columns : shape.ranges[1]) visit(output++, lines, columns);
  }
}

/// Calls `visit(place in the input)` for each place of a window; places count from the channel's first.
template <class Visit>
void for_each_covered(const PoolingShape& shape, const WindowRange& lines, const WindowRange& columns,
                      const Visit& visit) {
  for (auto line = lines.first; line < lines.end; line += lines.step) {
    const auto start = line * shape.size[1];
    for (auto column = columns.first; column < columns.end; column += columns.step) visit(start + column);
  }
}

class PoolingKernel : public kernel::Kernel {
 public:
  explicit PoolingKernel(PoolingShape shape) : shape_(std::move(shape)) {}

  void forward(const kernel::Call& call) override {
    begin_forward(call);
    const auto input = shape_.size[0] * shape_.size[1];
    for (std::int64_t channel = 0; channel < call.rows * shape_.channels; ++channel) {
      forward_of_channel(channel, call.inputs[0].values + channel * input,
                         call.output.values + channel * shape_.places());
    }
  }

  void backward(const kernel::Call& call) override {
    float* const dx = call.inputs[0].gradients;
    if (dx == nullptr) return;
    const auto input = shape_.size[0] * shape_.size[1];
    std::fill_n(dx, call.rows * shape_.channels * input, 0.0F);
    for (std::int64_t channel = 0; channel < call.rows * shape_.channels; ++channel) {
      backward_of_channel(channel, call.output.gradients + channel * shape_.places(), dx + channel * input);
    }
  }

  kernel::Grain grain_of_rows() const override {
    return kernel::grain_of_blocks(1, static_cast<double>(shape_.channels * shape_.size[0] * shape_.size[1]),
                                   kernel::kElementsWorthThread);
  }

 protected:
  const PoolingShape& shape() const { return shape_; }

 private:
  virtual void begin_forward(const kernel::Call& /*call*/) {}
  virtual void forward_of_channel(std::int64_t channel, const float* x, float* y) = 0;
  virtual void backward_of_channel(std::int64_t channel, const float* dy, float* dx) const = 0;

  PoolingShape shape_;
};

/// Keeps where the largest number was.
class MaxPoolingKernel : public PoolingKernel {
 public:
  explicit MaxPoolingKernel(const PoolingShape& pooled) : PoolingKernel(pooled) {
    std::vector<std::vector<std::int32_t>> windows;
    for_each_window(shape(), [&](std::int64_t, const WindowRange& lines, const WindowRange& columns) {
      auto& covered = windows.emplace_back();
      for_each_covered(shape(), lines, columns,
                       [&](std::int64_t place) { covered.push_back(static_cast<std::int32_t>(place)); });
      most_ = std::max(most_, covered.size());
    });
    // Smaller windows see their last place again, which changes nothing.
    for (std::size_t i = 0; i < most_; ++i) {
      for (const auto& covered : windows) places_.push_back(covered[std::min(i, covered.size() - 1)]);
    }
  }

 private:
  void begin_forward(const kernel::Call& call) override {
    chosen_.resize(static_cast<std::size_t>(call.rows * shape().channels * shape().places()));
  }

  /// Of equal numbers the first, and a number that is none before any other, as LibTorch has it.
  static bool is_chosen(float x, float best) { return x > best || x != x; }

  /// One place of the windows after the other, for all windows together.
  void forward_of_channel(std::int64_t channel, const float* x, float* y) override {
    kernel::vectorised::run([=, chosen = chosen_.data() + channel * shape().places(), places = places_.data(),
                             most = most_, windows = shape().places()] {
      for (std::size_t place = 0; place < most; ++place) {
        const auto* const seen = places + static_cast<std::int64_t>(place) * windows;
        MLR3LIBTORCH_INDEPENDENT
        for (std::int64_t i = 0; i < windows; ++i) {
          const bool takes = place == 0 || is_chosen(x[seen[i]], y[i]);
          y[i] = takes ? x[seen[i]] : y[i];
          chosen[i] = takes ? seen[i] : chosen[i];
        }
      }
    });
  }

  void backward_of_channel(std::int64_t channel, const float* dy, float* dx) const override {
    const auto* const chosen = chosen_.data() + channel * shape().places();
    for (std::int64_t output = 0; output < shape().places(); ++output) dx[chosen[output]] += dy[output];
  }

  std::vector<std::int32_t> chosen_;
  std::size_t most_ = 0;              // places of a window
  std::vector<std::int32_t> places_;  // [most, windows]: what they see
};

class MeanPoolingKernel : public PoolingKernel {
 public:
  using PoolingKernel::PoolingKernel;

 private:
  float share(const WindowRange& lines, const WindowRange& columns) const {
    return 1 / static_cast<float>(shape().divisor > 0 ? shape().divisor : lines.count() * columns.count());
  }

  void forward_of_channel(std::int64_t /*channel*/, const float* x, float* y) override {
    for_each_window(shape(), [&](std::int64_t output, const WindowRange& lines, const WindowRange& columns) {
      float sum = 0;
      for (auto line = lines.first; line < lines.end; line += lines.step) {
        sum += sum_of_line(x + line * shape().size[1], columns);
      }
      y[output] = sum * share(lines, columns);
    });
  }

  /// Wide windows, as of a global mean, are summed by vectors.
  static float sum_of_line(const float* line, const WindowRange& columns) {
    if (columns.step == 1 && columns.count() >= 2 * kernel::vectorised::kLanes) {
      return kernel::sum_elements(columns.count(), [from = line + columns.first](std::int64_t i) { return from[i]; });
    }
    float sum = 0;
    for (auto column = columns.first; column < columns.end; column += columns.step) sum += line[column];
    return sum;
  }

  void backward_of_channel(std::int64_t /*channel*/, const float* dy, float* dx) const override {
    for_each_window(shape(), [&](std::int64_t output, const WindowRange& lines, const WindowRange& columns) {
      const float part = dy[output] * share(lines, columns);
      for_each_covered(shape(), lines, columns, [&](std::int64_t place) { dx[place] += part; });
    });
  }
};

}  // namespace

std::vector<WindowRange> moving_windows(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                        std::int64_t padding, std::int64_t dilation) {
  std::vector<WindowRange> ranges;
  const auto reach = dilation * (kernel - 1);
  for (auto first = -padding; first + reach < size + padding; first += stride) {
    // The first place inside is a whole number of steps from the window's own.
    const auto inside = first >= 0 ? first : first + (-first + dilation - 1) / dilation * dilation;
    ranges.push_back({inside, std::min(first + reach + 1, size), dilation});
  }
  return ranges;
}

std::vector<WindowRange> adaptive_windows(std::int64_t size, std::int64_t count) {
  std::vector<WindowRange> ranges;
  for (std::int64_t i = 0; i < count; ++i) {
    ranges.push_back({i * size / count, ((i + 1) * size + count - 1) / count, 1});
  }
  return ranges;
}

std::unique_ptr<kernel::Kernel> max_pooling_kernel(const PoolingShape& shape) {
  return std::make_unique<MaxPoolingKernel>(shape);
}

std::unique_ptr<kernel::Kernel> mean_pooling_kernel(const PoolingShape& shape) {
  return std::make_unique<MeanPoolingKernel>(shape);
}

}  // namespace mlr3libtorch::network
