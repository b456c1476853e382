#pragma once

#include <algorithm>
#include <cstdint>

#include "core/kernel/gemm.h"
#include "core/kernel/kernel.h"
#include "core/kernel/vectorised.h"

namespace mlr3libtorch::kernel {

/// A linear map as part of a larger kernel, which works on a batch in blocks of rows: y = x W' + b.
/// weight: [out, in], bias: [out] or null.
struct Projection {
  std::int64_t in = 0;
  std::int64_t out = 0;
  Parameter weight = {};
  Parameter bias = {};

  void forward(std::int64_t rows, const float* x, float* y) const {
    multiply({false, true, rows, out, in}, x, weight.values, y);
    if (bias.values == nullptr) return;
    for_each_in_rows(rows, out, [=, b = bias.values](std::int64_t i, std::int64_t column) { y[i] += b[column]; });
  }

  /// Before the first block.
  void clear_gradients() const {
    if (weight.gradients != nullptr) std::fill_n(weight.gradients, in * out, 0.0F);
    if (bias.gradients != nullptr) std::fill_n(bias.gradients, out, 0.0F);
  }

  void add_gradients(std::int64_t rows, const float* x, const float* dy) const {
    if (weight.gradients != nullptr) multiply({true, false, out, in, rows, true}, dy, x, weight.gradients);
    if (bias.gradients == nullptr) return;
    for_each_in_rows(rows, out, [=, db = bias.gradients](std::int64_t i, std::int64_t column) { db[column] += dy[i]; });
  }

  /// Overwrites dx, or adds to it.
  void input_gradients(std::int64_t rows, const float* dy, float* dx, bool adds = false) const {
    multiply({false, false, rows, in, out, adds}, dy, weight.values, dx);
  }
};

}  // namespace mlr3libtorch::kernel
