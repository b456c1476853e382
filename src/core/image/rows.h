#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/interrupt.h"
#include "core/image/picture.h"
#include "core/image/transform.h"

namespace mlr3libtorch::image {

/// The elements that rows of a column are made of. Several threads may read at a time.
class RowReader {
 public:
  RowReader() = default;
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;
  virtual ~RowReader() = default;

  virtual std::int64_t elements() const = 0;
  virtual void read(std::int64_t element, Picture& picture) const = 0;
  /// Whether numbers of some element may be missing.
  virtual bool may_be_missing() const { return false; }
  /// The file of an element; empty if it has none.
  virtual std::string path(std::int64_t element) const = 0;
};

/// Picture files, with these channels, see `decode_file()`.
std::shared_ptr<RowReader> file_rows(std::vector<std::string> paths, std::int64_t channels);
/// A tensor [elements, ...]. Bytes are kept as they are, and divided by 255 when they are read, like a file's; all else
/// is kept as float32.
std::shared_ptr<RowReader> tensor_rows(const at::Tensor& values);

/// A column of tensors that are made when they are needed.
struct LazyColumn {
  std::shared_ptr<const RowReader> reader;
  /// The element of each row, from 0.
  std::vector<std::int64_t> elements;
  std::shared_ptr<const Chain> chain;
  /// The number of each row, from 0, that randomness follows from and errors name; their positions if empty.
  std::vector<std::int64_t> numbers = {};
};

/// Sets `rows` to some rows of the column, [count, ...] float32; its memory is used again if it fits. The work is split
/// over the threads of the current pool. `index`: which rows, from 0. `draw`: the random number of the epoch.
/// Errors name row and file; rows whose shapes differ are a base::ShapeError.
void read_rows(const LazyColumn& column, const std::int64_t* index, std::int64_t count, std::uint64_t draw,
               base::Interrupt& interrupt, at::Tensor& rows);

/// What is wrong with each file; empty for one that can be read. Split over the threads of the current pool.
std::vector<std::string> file_problems(const std::vector<std::string>& paths, std::int64_t channels,
                                       base::Interrupt& interrupt);

}  // namespace mlr3libtorch::image
