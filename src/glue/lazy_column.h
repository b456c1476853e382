#pragma once

#include "core/image/rows.h"
#include "glue/handle.h"

namespace mlr3libtorch::glue {

template <>
struct HandleName<image::LazyColumn> {
  static constexpr const char* kTag = "mlr3libtorch_lazy_column";
  static constexpr const char* kWhat = "lazy column";
  static constexpr const char* kRClass = "torch_lazy_column";
  static constexpr const char* kEnded = "This lazy column is gone.";
};

using LazyColumnHandle = Handle<image::LazyColumn>;

/// list(kind = "files", paths, channels) or list(kind = "values", values = <torch_tensor_data>).
std::shared_ptr<image::RowReader> to_row_reader(SEXP source);

/// A list of list(name, arguments), with `parts`, another such list, for those that are made of others.
std::shared_ptr<image::Chain> to_chain(SEXP steps);

}  // namespace mlr3libtorch::glue
