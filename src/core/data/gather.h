#pragma once

#include <ATen/core/Tensor.h>

namespace mlr3libtorch::data {

/// Writes the rows of `source` that `index` names into `target`.
/// source: [n, ...]; index: [m] int64, for a source on the CPU there, too, each in 0..n-1; target becomes [m, ...].
/// The memory of `target` is used again if it fits and nobody else can see it; otherwise it is replaced, so that a
/// tensor that somebody kept never changes.
void gather_rows(const at::Tensor& source, const at::Tensor& index, at::Tensor& target);

/// The rows from `first` on, as a view; undefined if the tensor is.
at::Tensor view_rows(const at::Tensor& source, std::int64_t first, std::int64_t rows);

/// Makes `target` a contiguous tensor of these sizes on the CPU, whose values are anything. Its memory is used again if
/// only the number of rows, the first size, differs and nobody else can see it.
void make_rows(at::Tensor& target, at::IntArrayRef sizes, at::ScalarType dtype);

/// Whether any thread of the core may write to this memory, or free it: nobody else can see it, and no object of
/// another library hangs on it.
bool is_own_memory(const at::Tensor& tensor);

}  // namespace mlr3libtorch::data
