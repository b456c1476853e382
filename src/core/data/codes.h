#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/kernel/coding.h"

namespace mlr3libtorch::data {

/// An input of a network in a shorter form: factors of many levels by their codes instead of one-hot.
struct Codes {
  /// Nothing if the input does not come in codes.
  std::shared_ptr<const kernel::Coding> coding = nullptr;
  /// [rows, coding->columns()] float32.
  at::Tensor values = {};

  bool defined() const { return values.defined(); }
  Codes rows(std::int64_t first, std::int64_t length) const { return {coding, values.narrow(0, first, length)}; }
};

/// The input itself: [rows, coding->width()] float32, on the device of the codes.
at::Tensor expanded(const Codes& codes);

/// Some rows of an input as a tensor: a view of `x`, or what its codes stand for.
at::Tensor rows_of_input(const std::vector<at::Tensor>& x, const std::vector<Codes>& codes, std::size_t input,
                         std::int64_t first, std::int64_t rows);

/// Refuses codes of the wrong type or shape, and those that are not below the number of levels.
void check_codes(const Codes& codes);

/// Inputs in codes have no tensor in `x`. `codes` may be empty if there are none.
inline bool in_codes(const std::vector<Codes>& codes, std::size_t input) {
  return input < codes.size() && codes[input].defined();
}

/// Of the first input.
inline std::int64_t input_rows(const std::vector<at::Tensor>& x, const std::vector<Codes>& codes) {
  const auto& first = in_codes(codes, 0) ? codes.front().values : x.front();
  return first.dim() == 0 ? 0 : first.size(0);
}

}  // namespace mlr3libtorch::data
