#pragma once

#include <ATen/core/Tensor.h>

namespace mlr3libtorch::loss {

/// Refuses what is not a target of survival: y: [n, 2], the time, and whether it is that of an event (1) or of the last
/// time that a row was seen without one (0).
void check_survival_target(const char* loss, const at::Tensor& y);

}  // namespace mlr3libtorch::loss
