#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace mlr3libtorch::data {

struct Batch;

/// The order in which rows will be read.
enum class RowOrder {
  kAsTheyLie,
  kAnyOrder,
};

/// Rows that do not lie in memory as tensors: those of a batch are read when it is needed.
///
/// To add one, derive from this class and define `rows()` and `read()`. If `read()` needs nothing that belongs to one
/// thread, say so by `is_concurrent()`: then batches are prepared by threads of the core while the loop trains. If what
/// it gives is random, such as pictures that are cropped anywhere, say so by `is_random()` and draw from `RowRandom`
/// (core/data/row_random.h), whose numbers depend on the epoch and the row alone.
/// See docs/decisions/mapped_data.md.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  /// Always the same number.
  virtual std::int64_t rows() const = 0;

  /// Sets x and y, or codes instead of some x, to the rows that `batch.index` names, in its order; row numbers are from
  /// 0 to `rows()` - 1, and may come twice. All batches have the types and shapes of the dataset's example.
  ///
  /// The batch has the right number of elements in x and codes. They hold what an earlier batch has left there: memory
  /// to use again, as `gather_rows()` does with a target, for nobody else can see it then.
  /// `batch.is_view` is true. A source whose tensors belong to the batch alone sets it to false, and saves others a
  /// copy. `batch.weights` is none of its business.
  ///
  /// If `is_concurrent()`, it is called by several threads at once, each with its own batch, for batches in any order,
  /// and for some that are never used. It must not touch R, and what it throws is a std::exception that names the row.
  virtual void read(Batch& batch) = 0;

  /// Whether threads of the core may call `read()`. Otherwise only the thread that trains does, one batch after the
  /// other.
  virtual bool is_concurrent() const { return false; }

  /// Whether `read()` depends on `batch.draw`. Only then is that number drawn from the run's generator.
  virtual bool is_random() const { return false; }

  /// Told before rows are read in this order, on the thread that trains; other orders may follow, or go on meanwhile.
  virtual void expect(RowOrder /*order*/) {}

  /// The targets of all rows, [rows, ...], if they fit into memory and can be had without reading each row's x; for
  /// what is known about them before training. Undefined otherwise.
  virtual at::Tensor targets() { return {}; }
};

}  // namespace mlr3libtorch::data
