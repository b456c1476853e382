#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>

namespace mlr3libtorch::train {

/// A float32 tensor that is written repeatedly, in one of two shapes: that of a full batch and that of the last one.
/// A tensor that somebody has kept, or a view of it, stays as it is: another one replaces it.
class ReusedTensor {
 public:
  /// A tensor of these sizes to write to. The same memory as last time with these sizes, if nobody else holds it.
  const at::Tensor& writable(at::IntArrayRef sizes);

 private:
  std::array<at::Tensor, 2> tensors_;
  std::size_t last_ = 0;
};

}  // namespace mlr3libtorch::train
