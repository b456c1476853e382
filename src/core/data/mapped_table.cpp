#include "core/data/mapped_table.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/io/free_memory.h"

namespace mlr3libtorch::data {
namespace {

constexpr char kFacts[] = "facts";
constexpr char kRowIds[] = "row_ids";
constexpr char kRows[] = "rows";
constexpr char kContent[] = "content";
constexpr char kVersion[] = "version";
constexpr char kOurContent[] = "mlr3libtorch mapped task";
constexpr char kOurVersion[] = "1";
/// low, high, missing, infinite.
constexpr std::int64_t kFactsOfColumn = 4;
/// Rows between two looks at the interrupt.
constexpr std::int64_t kRowsAtOnce = 1 << 16;

void add_entry(io::Header& header, const std::string& name, c10::ScalarType dtype, std::vector<std::int64_t> shape) {
  std::uint64_t size = 0;
  if (!io::byte_size(dtype, shape, &size))
    throw base::Error("memory", "A table of this size does not fit into a file.");
  const auto begin = header.data_size();
  header.entries.push_back({name, dtype, std::move(shape), begin, begin + size});
}

io::Header header_of(std::int64_t rows, std::int64_t columns, bool has_row_ids,
                     std::map<std::string, std::string> metadata) {
  io::Header header;
  header.metadata = std::move(metadata);
  header.metadata[kContent] = kOurContent;
  header.metadata[kVersion] = kOurVersion;
  // Wide types come first, so that all lie where they must.
  add_entry(header, kFacts, at::kDouble, {columns, kFactsOfColumn});
  if (has_row_ids) add_entry(header, kRowIds, at::kLong, {rows});
  add_entry(header, kRows, at::kFloat, {rows, columns});
  return header;
}

bool is_missing(const Column& column, std::int64_t row) {
  if (column.kind == Column::Kind::kDouble) return std::isnan(static_cast<const double*>(column.data)[row]);
  const auto value = static_cast<const std::int32_t*>(column.data)[row];
  return value == std::numeric_limits<std::int32_t>::min() ||
         (column.kind == Column::Kind::kFactor && (value < 1 || value > column.levels));
}

/// What is missing among integers, logicals and factors is no number that the conversion would give.
void mark_missing(const Column& column, std::int64_t position, at::Tensor& block) {
  const auto stride = block.size(1);
  auto* out = block.data_ptr<float>() + position;
  for (std::int64_t row = 0; row < block.size(0); ++row, out += stride) {
    if (is_missing(column, row)) *out = std::numeric_limits<float>::quiet_NaN();
  }
}

void merge(const ColumnFacts& more, ColumnFacts& facts) {
  facts.low = std::min(facts.low, more.low);
  facts.high = std::max(facts.high, more.high);
  facts.missing += more.missing;
  facts.infinite += more.infinite;
}

/// Calls `look(row)` for some rows of a table.
template <class Look>
void for_each_row(const MappedTable& table, const at::Tensor& positions, base::Interrupt& interrupt, Look look) {
  const auto* position = positions.defined() ? positions.data_ptr<std::int64_t>() : nullptr;
  const auto count = positions.defined() ? positions.size(0) : table.rows();
  for (std::int64_t i = 0; i < count; ++i) {
    if (i % kRowsAtOnce == 0) interrupt.check();
    look(table.row(position == nullptr ? i : position[i]));
  }
}

}  // namespace

TableWriter::TableWriter(const std::string& path, std::int64_t rows, std::int64_t columns, const at::Tensor& row_ids,
                         std::map<std::string, std::string> metadata)
    : columns_(columns), rows_left_(rows), facts_(static_cast<std::size_t>(columns)) {
  stream_.emplace(path, header_of(rows, columns, row_ids.defined(), std::move(metadata)));
  if (row_ids.defined()) stream_->append(row_ids.data_ptr(), row_ids.nbytes());
}

void TableWriter::append(std::vector<Column> block, base::Interrupt& interrupt) {
  for (auto& column : block) column.in_codes = true;
  const auto rows = block.empty() ? 0 : block.front().length;
  if (static_cast<std::int64_t>(block.size()) != columns_ || rows > rows_left_) {
    throw base::ShapeError("A block of a table must have its columns, and no more rows than it has left.");
  }
  if (!block_.defined() || block_.size(0) != rows) block_ = at::empty({rows, columns_});
  const auto facts = fill_columns(block, 0, block_, interrupt);
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (facts[i].missing > 0) mark_missing(block[i], static_cast<std::int64_t>(i), block_);
    merge(facts[i], facts_[i]);
  }
  stream_->append(block_.data_ptr(), block_.nbytes());
  rows_left_ -= rows;
}

void TableWriter::commit() {
  if (rows_left_ > 0) {
    throw base::ShapeError("The table lacks " + std::to_string(rows_left_) + " of its rows.");
  }
  std::vector<double> numbers;
  for (const auto& facts : facts_) {
    numbers.insert(numbers.end(),
                   {facts.low, facts.high, static_cast<double>(facts.missing), static_cast<double>(facts.infinite)});
  }
  stream_->commit(numbers.data());
  stream_.reset();
}

MappedTable::MappedTable(const std::string& path, bool verify, base::Interrupt& interrupt)
    : file_(path, verify, interrupt) {
  const auto text = [this](const char* key) {
    const auto found = metadata().find(key);
    return found == metadata().end() ? std::string() : found->second;
  };
  if (text(kContent) != kOurContent) {
    throw base::FileError(path, "'" + path + "' is not a mapped task: its content is '" + text(kContent) + "'.");
  }
  if (text(kVersion) != kOurVersion) {
    throw base::FileError(path, "'" + path + "' has version '" + text(kVersion) + "' of the format of mapped tasks; " +
                                    "this package reads version " + kOurVersion + ".");
  }
  const auto& rows = entry(kRows, at::kFloat, 2);
  rows_ = rows.shape[0];
  columns_ = rows.shape[1];
  if (entry(kFacts, at::kDouble, 2).shape != std::vector<std::int64_t>{columns_, kFactsOfColumn}) {
    throw io::damaged_file(path, "its facts are not those of its columns");
  }
  if (file_.find(kRowIds) != nullptr && entry(kRowIds, at::kLong, 1).shape[0] != rows_) {
    throw io::damaged_file(path, "it does not have an id for each row");
  }
  values_ = reinterpret_cast<const float*>(file_.bytes(rows));
}

const io::Entry& MappedTable::entry(const std::string& name, c10::ScalarType dtype, std::size_t dimensions) const {
  const auto* found = file_.find(name);
  const bool fits = found != nullptr && found->dtype == dtype && found->shape.size() == dimensions;
  if (!fits) throw io::damaged_file(file_.path(), "it has no tensor '" + name + "' of the right type");
  return *found;
}

std::vector<ColumnFacts> MappedTable::facts() const {
  const auto* bytes = file_.bytes(entry(kFacts, at::kDouble, 2));
  std::vector<ColumnFacts> facts(static_cast<std::size_t>(columns_));
  for (auto& column : facts) {
    double numbers[kFactsOfColumn];
    std::memcpy(numbers, bytes, sizeof(numbers));
    column = {numbers[0], numbers[1], static_cast<std::int64_t>(numbers[2]), static_cast<std::int64_t>(numbers[3])};
    bytes += sizeof(numbers);
  }
  return facts;
}

at::Tensor MappedTable::row_ids() const {
  const auto* found = file_.find(kRowIds);
  if (found == nullptr) return {};
  auto ids = at::empty({rows_}, at::kLong);
  std::memcpy(ids.data_ptr(), file_.bytes(*found), ids.nbytes());
  return ids;
}

void MappedTable::expect(RowOrder order) const noexcept {
  file_.expect(order == RowOrder::kAsTheyLie ? io::Access::kInOrder : io::Access::kAnywhere, io::free_memory() / 2);
}

std::vector<ColumnFacts> count_bad(const MappedTable& table, const std::vector<std::int64_t>& columns,
                                   const at::Tensor& positions, base::Interrupt& interrupt) {
  std::vector<ColumnFacts> facts(columns.size());
  for_each_row(table, positions, interrupt, [&](const float* row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto value = row[columns[i]];
      facts[i].missing += std::isnan(value) ? 1 : 0;
      facts[i].infinite += std::isinf(value) ? 1 : 0;
    }
  });
  return facts;
}

std::vector<bool> codes_used(const MappedTable& table, std::int64_t column, std::int64_t levels,
                             const at::Tensor& positions, base::Interrupt& interrupt) {
  std::vector<bool> used(static_cast<std::size_t>(levels), false);
  for_each_row(table, positions, interrupt, [&](const float* row) {
    const auto code = row[column];
    if (code >= 0 && code < static_cast<float>(levels)) used[static_cast<std::size_t>(code)] = true;
  });
  return used;
}

}  // namespace mlr3libtorch::data
