#include "core/image/rows.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/data/gather.h"
#include "core/image/decode.h"
#include "core/kernel/split.h"

namespace mlr3libtorch::image {
namespace {

/// Reading a file takes far longer than calling a thread.
constexpr kernel::Grain kRowGrain{1, 1};
/// Between two looks at the interrupt.
constexpr std::int64_t kRowBlock = 64;

class FileRows : public RowReader {
 public:
  FileRows(std::vector<std::string> paths, std::int64_t channels) : paths_(std::move(paths)), channels_(channels) {}

  std::int64_t elements() const override { return static_cast<std::int64_t>(paths_.size()); }
  std::string path(std::int64_t element) const override { return paths_[static_cast<std::size_t>(element)]; }
  void read(std::int64_t element, Picture& picture) const override {
    to_picture(decode_file(path(element), channels_), picture);
  }

 private:
  std::vector<std::string> paths_;
  std::int64_t channels_;
};

class TensorRows : public RowReader {
 public:
  explicit TensorRows(const at::Tensor& values) : values_(values.detach().cpu().contiguous()) {
    if (values_.scalar_type() != at::kByte) values_ = values_.to(at::kFloat);
  }

  bool may_be_missing() const override { return values_.scalar_type() != at::kByte; }

  std::int64_t elements() const override { return values_.size(0); }
  std::string path(std::int64_t /*element*/) const override { return {}; }
  void read(std::int64_t element, Picture& picture) const override {
    const auto sizes = values_.sizes().slice(1);
    picture.shape.assign(sizes.begin(), sizes.end());
    const auto size = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
    if (values_.scalar_type() == at::kByte) {
      const auto* first = values_.data_ptr<std::uint8_t>() + element * size;
      picture.values.resize(static_cast<std::size_t>(size));
      std::transform(first, first + size, picture.values.begin(), unit_value);
    } else {
      const auto* first = values_.data_ptr<float>() + element * size;
      picture.values.assign(first, first + size);
    }
  }

 private:
  at::Tensor values_;
};

std::int64_t number_of(const LazyColumn& column, std::int64_t row) {
  return column.numbers.empty() ? row : column.numbers[static_cast<std::size_t>(row)];
}

std::string row_number(const LazyColumn& column, std::int64_t row) {
  return "Row " + std::to_string(number_of(column, row) + 1);
}

/// "Row 3 ('a.png')"
std::string row_words(const LazyColumn& column, std::int64_t row) {
  const auto path = column.reader->path(column.elements[static_cast<std::size_t>(row)]);
  return row_number(column, row) + (path.empty() ? "" : " ('" + path + "')");
}

base::Fields row_fields(const LazyColumn& column, std::int64_t row) {
  const auto element = column.elements[static_cast<std::size_t>(row)];
  return {{"row", number_of(column, row) + 1}, {"path", column.reader->path(element)}};
}

void check_missing(const LazyColumn& column, std::int64_t row, const Picture& picture) {
  if (!column.reader->may_be_missing()) return;
  const auto is_missing = [](float value) { return std::isnan(value); };
  if (std::none_of(picture.values.begin(), picture.values.end(), is_missing)) return;
  throw base::Error("missing_values",
                    row_number(column, row) + " has missing numbers; fill them in, or leave out the row.",
                    row_fields(column, row));
}

void read_row(const LazyColumn& column, std::int64_t row, std::uint64_t draw, Picture& picture) {
  try {
    column.reader->read(column.elements[static_cast<std::size_t>(row)], picture);
    check_missing(column, row, picture);
    column.chain->apply(picture, draw, number_of(column, row));
  } catch (const base::FileError& error) {
    // the error names the path itself
    throw base::Error("file",
                      row_number(column, row) + ": " + error.what() + " Replace the file, or leave out the row.",
                      row_fields(column, row));
  } catch (const base::ShapeError& error) {
    throw base::ShapeError(row_words(column, row) + ": " + error.what(), row_fields(column, row));
  }
}

[[noreturn]] void refuse_other_shape(const LazyColumn& column, std::int64_t row, const Picture& picture,
                                     std::int64_t first, const at::Tensor& rows) {
  throw base::ShapeError(row_words(column, row) + " has the shape " + shape_words(picture.shape) + ", but row " +
                             std::to_string(number_of(column, first) + 1) + " has " +
                             shape_words(rows.sizes().slice(1).vec()) +
                             "; all must have the same. Pictures of different sizes need to be resized, grey ones "
                             "among coloured ones the argument 'channels'.",
                         row_fields(column, row));
}

}  // namespace

std::shared_ptr<RowReader> file_rows(std::vector<std::string> paths, std::int64_t channels) {
  return std::make_shared<FileRows>(std::move(paths), channels);
}

std::shared_ptr<RowReader> tensor_rows(const at::Tensor& values) { return std::make_shared<TensorRows>(values); }

void read_rows(const LazyColumn& column, const std::int64_t* index, std::int64_t count, std::uint64_t draw,
               base::Interrupt& interrupt, at::Tensor& rows) {
  Picture first;
  read_row(column, index[0], draw, first);
  auto sizes = first.shape;
  sizes.insert(sizes.begin(), count);
  data::make_rows(rows, sizes, at::kFloat);
  auto* const values = rows.data_ptr<float>();
  const auto size = static_cast<std::int64_t>(first.values.size());
  std::copy(first.values.begin(), first.values.end(), values);
  for (std::int64_t start = 1; start < count; start += kRowBlock) {
    interrupt.check();
    kernel::in_ranges(std::min(kRowBlock, count - start), kRowGrain, [&](std::int64_t from, std::int64_t end) {
      Picture picture;
      for (auto i = start + from; i < start + end; ++i) {
        read_row(column, index[i], draw, picture);
        if (picture.shape != first.shape) refuse_other_shape(column, index[i], picture, index[0], rows);
        std::copy(picture.values.begin(), picture.values.end(), values + i * size);
      }
    });
  }
}

std::vector<std::string> file_problems(const std::vector<std::string>& paths, std::int64_t channels,
                                       base::Interrupt& interrupt) {
  std::vector<std::string> problems(paths.size());
  const auto count = static_cast<std::int64_t>(paths.size());
  for (std::int64_t start = 0; start < count; start += kRowBlock) {
    interrupt.check();
    kernel::in_ranges(std::min(kRowBlock, count - start), kRowGrain, [&](std::int64_t from, std::int64_t end) {
      for (auto i = static_cast<std::size_t>(start + from); i < static_cast<std::size_t>(start + end); ++i) {
        try {
          decode_file(paths[i], channels);
        } catch (const base::FileError& error) {
          problems[i] = error.what();
        }
      }
    });
  }
  return problems;
}

}  // namespace mlr3libtorch::image
