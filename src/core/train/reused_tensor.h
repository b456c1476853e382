#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>

namespace mlr3libtorch::train {

/// A float32 tensor that is written again and again, in one of two shapes: that of a full batch and that of the last
/// one. A tensor that somebody has kept, or a view of it, stays as it is: another takes its place.
class ReusedTensor {
 public:
  /// A tensor of these sizes to write to. The same memory as the last time with these sizes where nobody else holds it.
  const at::Tensor& writable(at::IntArrayRef sizes);

 private:
  std::array<at::Tensor, 2> tensors_;
  std::size_t last_ = 0;
};

}  // namespace mlr3libtorch::train
