#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/kernel/kernel.h"

namespace mlr3libtorch::network {

/// The places of one dimension that a window covers, without those outside: `first`, `first + step`, ... before `end`.
struct WindowRange {
  std::int64_t first;
  std::int64_t end;
  std::int64_t step;

  std::int64_t count() const { return end <= first ? 0 : (end - first + step - 1) / step; }
};

/// Pooling of one or two dimensions, which are height and width; the height of one dimension is 1.
struct PoolingShape {
  std::int64_t channels = 1;
  std::array<std::int64_t, 2> size = {1, 1};
  /// Of each line and each column of the output.
  std::array<std::vector<WindowRange>, 2> ranges = {};
  /// What a sum is divided by to be a mean; 0 for the number of places that are covered.
  std::int64_t divisor = 0;

  std::int64_t places() const { return static_cast<std::int64_t>(ranges[0].size() * ranges[1].size()); }
};

/// Windows of `kernel` places, `dilation` apart, that move by `stride` over `size` places and the padding around them;
/// only whole ones.
std::vector<WindowRange> moving_windows(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                        std::int64_t padding, std::int64_t dilation);
/// `count` windows of about the same size that cover all places.
std::vector<WindowRange> adaptive_windows(std::int64_t size, std::int64_t count);

std::unique_ptr<kernel::Kernel> max_pooling_kernel(const PoolingShape& shape);
std::unique_ptr<kernel::Kernel> mean_pooling_kernel(const PoolingShape& shape);

}  // namespace mlr3libtorch::network
