#pragma once

#include <ATen/WrapDimUtils.h>
#include <c10/util/Exception.h>

#include <cstdint>

namespace mlr3libtorch::network {

/// The dimension, counted from the first of `dims`. That of the rows cannot be changed.
inline std::int64_t later_dimension(std::int64_t dim, std::int64_t dims) {
  const auto positive = at::maybe_wrap_dim(dim, dims);
  TORCH_CHECK(positive > 0,
              "the first dimension is that of the rows, which cannot be changed; choose a later dimension.");
  return positive;
}

}  // namespace mlr3libtorch::network
