#include "core/network/operations/known_classes.h"

#include <ATen/ATen.h>

namespace mlr3libtorch::network {

void check_known(const at::Tensor& classes, const at::Tensor& counts, const char* column, const ForwardMode& mode) {
  const auto all_known = classes.ge(0).logical_and(classes.lt(counts)).all();
  if (mode.training && classes.is_cuda()) return at::_assert_async(all_known);
  TORCH_CHECK(all_known.item<bool>(), "a class number is beyond the 'cardinalities' of its ", column, ".");
}

}  // namespace mlr3libtorch::network
