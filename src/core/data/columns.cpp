#include "core/data/columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "core/kernel/vectorised.h"

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

template <class Number>
void fill_numbers(const Number* values, Rows rows, float* out, std::int64_t stride) {
  for (auto row = rows.first; row < rows.end; ++row, out += stride) *out = static_cast<float>(values[row]);
}

bool is_bad(double value) { return !(std::fabs(static_cast<float>(value)) <= std::numeric_limits<float>::max()); }
bool is_bad(std::int32_t value) { return value == kMissing; }

// The range of some numbers, and how many are missing or not finite as float32. In lanes, for vector units.
struct Range {
  static constexpr auto kLanes = kernel::vectorised::kLanes;
  double low[kLanes];
  double high[kLanes];
  std::int64_t bad[kLanes] = {};

  template <class Number>
  void add(std::int64_t lane, Number number) {
    const double value = number;
    low[lane] = value < low[lane] ? value : low[lane];
    high[lane] = value > high[lane] ? value : high[lane];
    bad[lane] += is_bad(number) ? 1 : 0;
  }
};

template <class Number>
Range range_of(const Number* values, std::int64_t count, const ColumnFacts& facts) {
  Range range;
  std::fill_n(range.low, Range::kLanes, facts.low);
  std::fill_n(range.high, Range::kLanes, facts.high);
  const auto whole = count - count % Range::kLanes;
  for (std::int64_t i = 0; i < whole; i += Range::kLanes) {
    for (std::int64_t lane = 0; lane < Range::kLanes; ++lane) range.add(lane, values[i + lane]);
  }
  for (std::int64_t i = whole; i < count; ++i) range.add(i - whole, values[i]);
  return range;
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

std::int64_t fill_codes(const std::int32_t* codes, Rows rows, float* out, std::int64_t stride, std::int64_t levels) {
  std::int64_t bad = 0;
  for (auto row = rows.first; row < rows.end; ++row, out += stride) {
    const bool known = codes[row] >= 1 && codes[row] <= levels;
    *out = known ? static_cast<float>(codes[row] - 1) : 0.0F;
    bad += !known;
  }
  return bad;
}

// Widens the range by the values of these rows; returns the number of bad ones.
template <class Number>
std::int64_t widen(ColumnFacts& facts, const Number* values, Rows rows) {
  const auto range = kernel::vectorised::run(
      [first = values + rows.first, count = rows.end - rows.first, facts] { return range_of(first, count, facts); });
  facts.low = *std::min_element(range.low, range.low + Range::kLanes);
  facts.high = *std::max_element(range.high, range.high + Range::kLanes);
  return std::accumulate(range.bad, range.bad + Range::kLanes, std::int64_t{0});
}

// Writes the rows of a column, and notes its range; returns the number of bad values.
template <class Number>
std::int64_t fill_range(const Column& column, Rows rows, float* out, std::int64_t stride, ColumnFacts& facts) {
  const auto* values = static_cast<const Number*>(column.data);
  fill_numbers(values, rows, out, stride);
  // While the values are in the cache.
  return widen(facts, values, rows);
}

std::int64_t fill_column(const Column& column, Rows rows, float* out, std::int64_t stride, ColumnFacts& facts) {
  if (column.kind == Column::Kind::kFactor) {
    facts.low = 0;
    facts.high = 1;
    const auto* codes = static_cast<const std::int32_t*>(column.data);
    return (column.in_codes ? fill_codes : fill_one_hot)(codes, rows, out, stride, column.levels);
  }
  if (column.kind == Column::Kind::kDouble) return fill_range<double>(column, rows, out, stride, facts);
  return fill_range<std::int32_t>(column, rows, out, stride, facts);
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
      bad[i] += fill_column(columns[i], rows, out + row * stride + offsets[i], stride, facts[i]);
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
