#include "core/train/reused_tensor.h"

#include <ATen/ATen.h>

namespace mlr3libtorch::train {
namespace {

bool has_sizes(const at::Tensor& tensor, at::IntArrayRef sizes) { return tensor.defined() && tensor.sizes() == sizes; }

bool is_free(const at::Tensor& tensor) {
  return tensor.use_count() == 1 && tensor.storage().use_count() == 1 && tensor.is_contiguous();
}

}  // namespace

const at::Tensor& ReusedTensor::writable(at::IntArrayRef sizes) {
  if (!has_sizes(tensors_[last_], sizes)) last_ = 1 - last_;
  auto& tensor = tensors_[last_];
  if (!has_sizes(tensor, sizes) || !is_free(tensor)) tensor = at::empty(sizes, at::kFloat);
  return tensor;
}

}  // namespace mlr3libtorch::train
