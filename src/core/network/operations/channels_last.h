#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/kernel/gemm.h"
#include "core/kernel/split.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::network {

/// Channels that are worked on at once. Written as a vector: loops over so few are not made into one by compilers.
using Lanes = float __attribute__((vector_size(64), aligned(4), may_alias));
inline constexpr std::int64_t kLanes = sizeof(Lanes) / sizeof(float);

/// Some rows of a batch with the channels beside each other: [rows, places + 1, channels]. The place after the last is
/// zero when they have been read; it stands for those that do not exist.
class ChannelsLast {
 public:
  ChannelsLast(std::int64_t channels, std::int64_t rows, std::int64_t places)
      : channels_(channels),
        places_(places),
        stride_((channels + kLanes - 1) / kLanes * kLanes),
        values_(static_cast<std::size_t>(rows * row_stride())) {}

  /// The numbers from a place to the next: zeros are behind the channels.
  std::int64_t stride() const { return stride_; }
  std::int64_t row_stride() const { return (places_ + 1) * stride_; }
  float* data() { return values_.data(); }
  void clear() { std::fill(values_.begin(), values_.end(), 0.0F); }

  /// x: [rows, channels, places]
  void read(std::int64_t rows, const float* x) {
    float* to = data();
    for (std::int64_t row = 0; row < rows; ++row, x += channels_ * places_, to += row_stride()) {
      in_channels([=](std::int64_t first, std::int64_t end) {
        kernel::transpose_matrix(x + first * places_, places_, end - first, places_, to + first, stride_);
      });
      std::fill_n(to + places_ * stride_, stride_, 0.0F);
    }
  }

  void write(std::int64_t rows, float* x) const {
    const float* from = values_.data();
    for (std::int64_t row = 0; row < rows; ++row, x += channels_ * places_, from += row_stride()) {
      in_channels([=](std::int64_t first, std::int64_t end) {
        kernel::transpose_matrix(from + first, stride_, places_, end - first, x + first * places_, places_);
      });
    }
  }

 private:
  /// Calls `body(first, end)` for ranges of channels, on the threads of the current pool if there are many numbers.
  template <class Body>
  void in_channels(const Body& body) const {
    kernel::in_ranges(channels_, {kernel::kElementsWorthThread / places_ + 1, kLanes}, body);
  }

  std::int64_t channels_, places_, stride_;
  std::vector<float> values_;
};

}  // namespace mlr3libtorch::network
