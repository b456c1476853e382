#include "core/value/flat_memory.h"

#include <ATen/core/grad_mode.h>

namespace mlr3libtorch::value {

bool lies_at(const at::Tensor& tensor, const at::Tensor& flat, std::int64_t offset) {
  if (tensor.numel() == 0) return tensor.device() == flat.device();
  const auto* const start = static_cast<const char*>(flat.data_ptr());
  return tensor.is_contiguous() && tensor.data_ptr() == start + offset * static_cast<std::int64_t>(flat.itemsize());
}

void bring_home(at::Tensor& parameter, const FlatMemory& memory, const Range& range) {
  if (lies_at(parameter, memory.values, range.offset)) return;
  const at::NoGradGuard no_grad;
  const auto home = memory.values.narrow(0, range.offset, range.length).view(parameter.sizes());
  home.copy_(parameter);
  parameter.set_data(home);
}

}  // namespace mlr3libtorch::value
