#include "core/data/columns.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace mlr3libtorch::data {
namespace {

constexpr auto kMissing = std::numeric_limits<std::int32_t>::min();

// Columns are read downwards, the target is written with a stride: few rows at a time, so that the cache lines that are
// written stay in the first-level cache until the next columns have filled them.
constexpr std::int64_t kTileRows = 128;
// At most this many rows of all columns are written between two checks of the interrupt.
constexpr std::int64_t kStripRows = 64 * kTileRows;

struct Rows {
  std::int64_t first;
  std::int64_t end;
};

// Returns the number of values that are not finite as float32.
std::int64_t fill_numbers(const double* values, Rows rows, float* out, std::int64_t stride) {
  std::int64_t bad = 0;
  for (auto row = rows.first; row < rows.end; ++row, out += stride) {
    *out = static_cast<float>(values[row]);
    bad += !std::isfinite(*out);
  }
  return bad;
}

std::int64_t fill_integers(const std::int32_t* values, Rows rows, float* out, std::int64_t stride) {
  std::int64_t bad = 0;
  for (auto row = rows.first; row < rows.end; ++row, out += stride) {
    *out = static_cast<float>(values[row]);
    bad += values[row] == kMissing;
  }
  return bad;
}

std::int64_t fill_one_hot(const std::int32_t* codes, Rows rows, float* out, std::int64_t stride, std::int64_t levels) {
  std::int64_t bad = 0;
  for (auto row = rows.first; row < rows.end; ++row, out += stride) {
    std::fill_n(out, levels, 0.0F);
    const bool known = codes[row] >= 1 && codes[row] <= levels;
    if (known) out[codes[row] - 1] = 1.0F;
    bad += !known;
  }
  return bad;
}

template <class Number>
void widen(ColumnFacts& facts, const Number* values, Rows rows) {
  for (auto row = rows.first; row < rows.end; ++row) {
    const double value = values[row];
    facts.low = value < facts.low ? value : facts.low;
    facts.high = value > facts.high ? value : facts.high;
  }
}

void widen(ColumnFacts& facts, const Column& column, Rows rows) {
  switch (column.kind) {
    case Column::Kind::kDouble:
      return widen(facts, static_cast<const double*>(column.data), rows);
    case Column::Kind::kFactor:
      facts.low = 0;
      facts.high = 1;
      return;
    default:
      return widen(facts, static_cast<const std::int32_t*>(column.data), rows);
  }
}

std::int64_t fill_column(const Column& column, Rows rows, float* out, std::int64_t stride) {
  switch (column.kind) {
    case Column::Kind::kDouble:
      return fill_numbers(static_cast<const double*>(column.data), rows, out, stride);
    case Column::Kind::kFactor:
      return fill_one_hot(static_cast<const std::int32_t*>(column.data), rows, out, stride, column.levels);
    default:
      return fill_integers(static_cast<const std::int32_t*>(column.data), rows, out, stride);
  }
}

// Numbers beyond the range of float32 are infinite, too. Only doubles can be.
std::int64_t count_infinite(const Column& column) {
  if (column.kind != Column::Kind::kDouble) return 0;
  const auto* values = static_cast<const double*>(column.data);
  return std::count_if(values, values + column.length,
                       [](double value) { return !std::isnan(value) && !std::isfinite(static_cast<float>(value)); });
}

struct Finding {
  std::vector<std::string> features;
  std::int64_t count = 0;

  void add(const std::string& name, std::int64_t more) {
    if (more == 0) return;
    features.push_back(name);
    count += more;
  }
};

std::string words(const Finding& finding, const std::string& adjective) {
  std::string names;
  for (const auto& name : finding.features) names += (names.empty() ? "'" : ", '") + name + "'";
  const std::string values = finding.count == 1 ? " value" : " values";
  const std::string place = finding.features.size() == 1 ? " in column " : " in columns ";
  return "Found " + std::to_string(finding.count) + " " + adjective + values + place + names;
}

base::Fields facts_of(const Finding& finding) { return {{"features", finding.features}, {"count", finding.count}}; }

void check_target(const std::vector<Column>& columns, std::int64_t first, const at::Tensor& target) {
  const bool fits = target.defined() && target.dim() == 2 && target.scalar_type() == at::kFloat &&
                    target.device().is_cpu() && target.is_contiguous();
  if (!fits) throw base::ShapeError("Columns can only be written into a contiguous float32 tensor of two dimensions.");
  std::int64_t width = 0;
  for (const auto& column : columns) {
    width += column.width();
    if (column.length == target.size(0)) continue;
    throw base::ShapeError("Feature '" + column.name + "' has " + std::to_string(column.length) + " values, not " +
                           std::to_string(target.size(0)) + ".");
  }
  if (first < 0 || first > target.size(1) || width > target.size(1) - first) {
    throw base::ShapeError("The columns do not fit into the tensor.");
  }
}

// Column offsets in the target, one for each column.
std::vector<std::int64_t> offsets_of(const std::vector<Column>& columns, std::int64_t first) {
  std::vector<std::int64_t> offsets;
  offsets.reserve(columns.size());
  for (const auto& column : columns) {
    offsets.push_back(first);
    first += column.width();
  }
  return offsets;
}

}  // namespace

std::vector<ColumnFacts> fill_columns(const std::vector<Column>& columns, std::int64_t first, at::Tensor& target,
                                      base::Interrupt& interrupt) {
  check_target(columns, first, target);
  const auto offsets = offsets_of(columns, first);
  const auto stride = target.size(1);
  const auto n = target.size(0);
  auto* out = target.data_ptr<float>();
  std::vector<std::int64_t> bad(columns.size(), 0);
  std::vector<ColumnFacts> facts(columns.size());
  for (std::int64_t row = 0; row < n; row += kTileRows) {
    if (row % kStripRows == 0) interrupt.check();
    const Rows rows{row, std::min(row + kTileRows, n)};
    for (std::size_t i = 0; i < columns.size(); ++i) {
      bad[i] += fill_column(columns[i], rows, out + row * stride + offsets[i], stride);
      // While the column's values are in the cache.
      widen(facts[i], columns[i], rows);
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (bad[i] == 0) continue;
    facts[i].infinite = count_infinite(columns[i]);
    facts[i].missing = bad[i] - facts[i].infinite;
  }
  return facts;
}

void check_values(const std::vector<std::string>& names, const std::vector<ColumnFacts>& facts) {
  Finding missing;
  Finding infinite;
  for (std::size_t i = 0; i < names.size(); ++i) {
    missing.add(names[i], facts[i].missing);
    infinite.add(names[i], facts[i].infinite);
  }
  if (missing.count > 0) {
    throw base::Error("missing_values", words(missing, "missing") + "; impute or remove the rows.", facts_of(missing));
  }
  if (infinite.count == 0) return;
  throw base::Error("infinite_values",
                    words(infinite, "infinite") +
                        "; replace them or remove the rows. Numbers beyond the range of float32 count as infinite.",
                    facts_of(infinite));
}

}  // namespace mlr3libtorch::data
