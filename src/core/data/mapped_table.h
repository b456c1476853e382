#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/interrupt.h"
#include "core/data/columns.h"
#include "core/data/source.h"
#include "core/io/mapped_file.h"
#include "core/io/safetensors_stream.h"

// A table in a file, row after row of float32 numbers, so that each lies in one place. See docs/format.md.
namespace mlr3libtorch::data {

/// Writes such a file block by block; nothing is left behind if it is not committed.
class TableWriter {
 public:
  /// `row_ids`: [rows] int64, or undefined if they are 1, 2, …; `metadata`: texts that the file keeps.
  TableWriter(const std::string& path, std::int64_t rows, std::int64_t columns, const at::Tensor& row_ids,
              std::map<std::string, std::string> metadata);

  /// The next rows. A factor becomes its codes, from 0; what is missing becomes NaN.
  void append(std::vector<Column> block, base::Interrupt& interrupt);
  /// All rows must have been appended.
  void commit();

  std::int64_t rows_left() const noexcept { return rows_left_; }

 private:
  std::int64_t columns_;
  std::int64_t rows_left_;
  std::vector<ColumnFacts> facts_;
  std::optional<io::SafetensorsStream> stream_;
  at::Tensor block_ = {};
};

/// Such a file, mapped into memory. May be read by any number of threads.
class MappedTable {
 public:
  /// Throws base::FileError for a file that is damaged or something else. `verify`: see io::MappedFile.
  MappedTable(const std::string& path, bool verify, base::Interrupt& interrupt);

  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t columns() const noexcept { return columns_; }
  const float* row(std::int64_t number) const noexcept { return values_ + number * columns_; }
  /// Of each column.
  std::vector<ColumnFacts> facts() const;
  /// [rows] int64, a copy; undefined if they are 1, 2, …
  at::Tensor row_ids() const;
  const std::map<std::string, std::string>& metadata() const { return file_.header().metadata; }
  void expect(RowOrder order) const noexcept;

 private:
  const io::Entry& entry(const std::string& name, c10::ScalarType dtype, std::size_t dimensions) const;

  io::MappedFile file_;
  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
  const float* values_ = nullptr;
};

/// How many values of these columns are missing, and how many infinite, in some rows: [m] int64, or all if undefined.
std::vector<ColumnFacts> count_bad(const MappedTable& table, const std::vector<std::int64_t>& columns,
                                   const at::Tensor& positions, base::Interrupt& interrupt);

/// Which codes, from 0 to `levels` - 1, a column has in some rows.
std::vector<bool> codes_used(const MappedTable& table, std::int64_t column, std::int64_t levels,
                             const at::Tensor& positions, base::Interrupt& interrupt);

}  // namespace mlr3libtorch::data
