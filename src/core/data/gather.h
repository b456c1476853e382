#pragma once

#include <ATen/core/Tensor.h>

namespace mlr3libtorch::data {

/// Writes the rows of `source` that `index` names into `target`.
/// source: [n, ...]; index: [m] int64 on the CPU, each in 0..n-1; target becomes [m, ...].
/// The memory of `target` is used again if it fits and nobody else can see it; otherwise it is replaced, so that a
/// tensor that somebody kept never changes.
void gather_rows(const at::Tensor& source, const at::Tensor& index, at::Tensor& target);

}  // namespace mlr3libtorch::data
