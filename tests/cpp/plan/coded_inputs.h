#pragma once

// LibTorch first, as in networks.h.
#include <ATen/core/grad_mode.h>

#include <memory>

#include "core/data/codes.h"

#include "plan/plans.h"

namespace mlr3libtorch::test {

/// Rows drawn at random; `levels`: of each column's factor, 0 for a number.
inline data::Codes make_codes(const std::vector<std::int64_t>& levels, std::int64_t rows, std::uint64_t seed = 1) {
  const auto generator = generator_of(seed);
  std::vector<at::Tensor> columns;
  for (const auto count : levels) {
    columns.push_back(count == 0 ? at::randn({rows}, generator)
                                 : at::randint(count, {rows}, generator, at::TensorOptions(at::kFloat)));
  }
  return {std::make_shared<const kernel::Coding>(levels), at::stack(columns, 1)};
}

/// What stands for what is written out once more, number by number.
inline at::Tensor written_out(const data::Codes& codes, const std::vector<std::int64_t>& levels) {
  std::vector<at::Tensor> parts;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto column = codes.values.select(1, static_cast<std::int64_t>(i));
    parts.push_back(levels[i] == 0 ? column.unsqueeze(1) : at::one_hot(column.to(at::kLong), levels[i]).to(at::kFloat));
  }
  return at::cat(parts, 1);
}

}  // namespace mlr3libtorch::test
