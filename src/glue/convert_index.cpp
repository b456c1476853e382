#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "glue/convert.h"

namespace mlr3libtorch::glue {
namespace {

[[noreturn]] void refuse_positions(const std::string& what, std::int64_t size) {
  const auto most = std::to_string(size);
  throw base::Error("argument",
                    "'" + what + "' must hold whole numbers from 1 to " + most + " (or from -1 to -" + most +
                        ", counted from the end).",
                    {{"argument", what}});
}

std::vector<std::int64_t> chosen_positions(SEXP value, std::int64_t size, const std::string& what) {
  const int* const chosen = LOGICAL(value);
  if (Rf_xlength(value) != size || std::find(chosen, chosen + size, NA_LOGICAL) != chosen + size) {
    throw base::Error("argument", "A logical '" + what + "' must have " + std::to_string(size) + " values without NA.",
                      {{"argument", what}});
  }
  std::vector<std::int64_t> positions;
  for (std::int64_t i = 0; i < size; ++i) {
    if (chosen[i] != 0) positions.push_back(i);
  }
  return positions;
}

}  // namespace

std::vector<std::int64_t> to_positions(SEXP value, std::int64_t size, const std::string& what) {
  if (TYPEOF(value) == LGLSXP) return chosen_positions(value, size, what);
  if (!Rf_isNumeric(value)) refuse_positions(what, size);
  std::vector<std::int64_t> positions(static_cast<std::size_t>(Rf_xlength(value)));
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const auto at = static_cast<R_xlen_t>(i);
    // NA_INTEGER is far below every position.
    const double number = TYPEOF(value) == INTSXP ? INTEGER(value)[at] : REAL(value)[at];
    const bool is_position =
        std::trunc(number) == number && number != 0 && std::fabs(number) <= static_cast<double>(size);
    if (!is_position) refuse_positions(what, size);
    positions[i] = static_cast<std::int64_t>(number) + (number > 0 ? -1 : size);
  }
  return positions;
}

}  // namespace mlr3libtorch::glue
