#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/ArrayRef.h>

#include <cstdint>

namespace mlr3libtorch::network {

/// A window that moves over the last dimensions of a tensor, a number for each of them.
struct Window {
  c10::IntArrayRef size, padding, dilation;
  /// Whether a last, smaller window counts.
  bool is_cut;
};

/// Refuses a window that is larger than what it moves over: LibTorch counts the steps inside it one by one, which takes
/// forever for a size that was meant for something else.
inline void check_window(const at::Tensor& x, const Window& window) {
  constexpr std::int64_t kLargestPadding = 1 << 16, kLargest = std::int64_t{1} << 31;
  const auto dims = static_cast<std::int64_t>(window.size.size());
  const auto at = [](c10::IntArrayRef list, std::int64_t i, std::int64_t none) {
    return list.empty() ? none : list[list.size() == 1 ? 0 : static_cast<std::size_t>(i)];
  };
  for (std::int64_t i = 0; i < dims && x.dim() >= dims; ++i) {
    const auto size = at(window.size, i, 1), padding = at(window.padding, i, 0), step = at(window.dilation, i, 1);
    const auto given = x.size(i - dims);
    const auto room = given + 2 * padding;
    TORCH_CHECK(padding <= kLargestPadding, "a padding of ", padding, " is more than ", kLargestPadding, ".");
    const bool fits = size < kLargest && step < kLargest && (size - 1) * step < (window.is_cut ? 2 * room : room);
    TORCH_CHECK(fits || padding < 0 || given == 0, "a window of ", size, step > 1 ? " with gaps" : "",
                " is larger than the input, whose dimension ", x.dim() - dims + i + 1, " has ", given, " elements",
                padding > 0 ? " and padding" : "", "; give a smaller 'kernel_size', or pool over everything with an ",
                "adaptive operation.");
  }
}

}  // namespace mlr3libtorch::network
