#include "core/data/row_writer.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "core/base/error.h"

namespace mlr3libtorch::data {
namespace {

using Kind = TableRecipe::Kind;

std::int64_t width_of(const TableRecipe::Part& part) { return part.kind == Kind::kIndicators ? part.levels : 1; }

void check_part(const TableRecipe::Part& part, std::int64_t columns) {
  if (part.kind == Kind::kZero) return;
  if (part.column < 0 || part.column >= columns) {
    throw base::ConfigError("The table has " + std::to_string(columns) + " columns, and none at position " +
                            std::to_string(part.column) + ".");
  }
  const bool is_known = std::all_of(part.codes.begin(), part.codes.end(),
                                    [&](std::int64_t code) { return code < std::max<std::int64_t>(part.levels, 1); });
  if (!is_known) throw base::ConfigError("A code of the table stands for a level that there is not.");
}

/// A file may be forged, so that a code is checked before memory is addressed by it.
std::int64_t code_of(const TableRecipe::Part& part, const float* row) {
  const auto value = row[part.column];
  const auto known = part.codes.empty() ? part.levels : static_cast<std::int64_t>(part.codes.size());
  if (!(value >= 0 && value < static_cast<float>(known))) {
    throw base::Error("missing_values", "A row of the mapped table has no valid code in column " +
                                            std::to_string(part.column + 1) + "; map the task again.");
  }
  const auto code = static_cast<std::int64_t>(value);
  const auto here = part.codes.empty() ? code : part.codes[static_cast<std::size_t>(code)];
  if (here < 0) throw base::Error("unseen_levels", "A row of the mapped table has a level that was not known before.");
  return here;
}

}  // namespace

RowWriter::RowWriter(const TableRecipe& recipe, std::int64_t columns) : shape_(recipe.shape) {
  for (const auto& part : recipe.parts) {
    check_part(part, columns);
    add(part);
  }
  is_classes_ = !recipe.parts.empty() && recipe.parts.front().kind == Kind::kClass;
  std::int64_t elements = 1;
  for (auto& size : shape_) {
    if (size == -1) size = width_;
    elements *= size;
  }
  if (elements != width_) {
    throw base::ShapeError("The " + std::to_string(width_) + " columns of an input cannot have its shape.");
  }
}

void RowWriter::add(const TableRecipe::Part& part) {
  if (part.kind == Kind::kNumber) {
    add_number(part.column);
  } else {
    factors_.push_back({part, width_});
  }
  width_ += width_of(part);
}

void RowWriter::add_number(std::int64_t column) {
  if (!runs_.empty()) {
    auto& last = runs_.back();
    if (last.column + last.count == column && last.position + last.count == width_) {
      ++last.count;
      return;
    }
  }
  runs_.push_back({column, width_, 1});
}

std::vector<std::int64_t> RowWriter::sizes(std::int64_t rows) const {
  std::vector<std::int64_t> sizes{rows};
  sizes.insert(sizes.end(), shape_.begin(), shape_.end());
  return sizes;
}

void RowWriter::write_factor(const Factor& factor, const float* row, float* out) const {
  const auto& part = factor.part;
  auto* to = out + factor.position;
  if (part.kind == Kind::kZero) {
    *to = 0;
  } else if (part.kind == Kind::kIndicators) {
    std::fill_n(to, part.levels, 0.0F);
    to[code_of(part, row)] = 1;
  } else {
    const auto code = code_of(part, row);
    *to = part.kind == Kind::kFirst ? static_cast<float>(code == 0) : static_cast<float>(code);
  }
}

void RowWriter::write(const float* row, void* out) const {
  if (is_classes_) {
    auto* classes = static_cast<std::int64_t*>(out);
    for (const auto& factor : factors_) classes[factor.position] = code_of(factor.part, row);
    return;
  }
  auto* numbers = static_cast<float*>(out);
  for (const auto& run : runs_) {
    std::memcpy(numbers + run.position, row + run.column, static_cast<std::size_t>(run.count) * sizeof(float));
  }
  for (const auto& factor : factors_) write_factor(factor, row, numbers);
}

}  // namespace mlr3libtorch::data
