#include "core/train/reused_tensor.h"

#include <ATen/ATen.h>

#include "core/data/gather.h"

namespace mlr3libtorch::train {
namespace {

bool has_sizes(const at::Tensor& tensor, at::IntArrayRef sizes) { return tensor.defined() && tensor.sizes() == sizes; }

}  // namespace

const at::Tensor& ReusedTensor::writable(at::IntArrayRef sizes) {
  if (!has_sizes(tensors_[last_], sizes)) last_ = 1 - last_;
  auto& tensor = tensors_[last_];
  if (!has_sizes(tensor, sizes) || !data::is_own_memory(tensor) || !tensor.is_contiguous())
    tensor = at::empty(sizes, at::kFloat);
  return tensor;
}

}  // namespace mlr3libtorch::train
