#include "core/data/codes.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/base/error.h"

namespace mlr3libtorch::data {

at::Tensor expanded(const Codes& codes) {
  const auto& coding = *codes.coding;
  std::vector<std::int64_t> numbers, positions, factors, firsts;
  for (const auto& number : coding.numbers()) {
    numbers.push_back(number.column);
    positions.push_back(number.position);
  }
  for (const auto& factor : coding.factors()) {
    factors.push_back(factor.column);
    firsts.push_back(factor.first);
  }
  const auto index = [&](const std::vector<std::int64_t>& values) {
    return at::tensor(values, at::kLong).to(codes.values.device());
  };
  auto x = at::zeros({codes.values.size(0), coding.width()}, codes.values.options());
  if (!numbers.empty()) x.index_copy_(1, index(positions), codes.values.index_select(1, index(numbers)));
  const auto ones = codes.values.index_select(1, index(factors)).to(at::kLong) + index(firsts);
  return x.scatter_(1, ones, 1.0);
}

at::Tensor rows_of_input(const std::vector<at::Tensor>& x, const std::vector<Codes>& codes, std::size_t input,
                         std::int64_t first, std::int64_t rows) {
  if (in_codes(codes, input)) return expanded(codes[input].rows(first, rows));
  return x[input].narrow(0, first, rows);
}

void check_codes(const Codes& codes) {
  const auto& values = codes.values;
  const bool fits = values.dim() == 2 && values.scalar_type() == at::kFloat && values.device().is_cpu() &&
                    values.is_contiguous() && values.size(1) == codes.coding->columns();
  if (!fits)
    throw base::ShapeError("Codes must be a contiguous float32 tensor with a column for each number of levels.");
  const auto* row = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.size(0); ++i, row += values.size(1)) {
    for (const auto& factor : codes.coding->factors()) {
      const auto code = row[factor.column];
      if (code >= 0 && code < static_cast<float>(factor.levels) && code == std::floor(code)) continue;
      throw base::Error("argument", "A code is not one of its factor's levels.", {{"argument", std::string("codes")}});
    }
  }
}

}  // namespace mlr3libtorch::data
