#include "core/data/mapped_source.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/base/error.h"
#include "core/data/gather.h"
#include "core/data/read_batch.h"
#include "core/data/row_writer.h"

namespace mlr3libtorch::data {
namespace {

/// Rows that are fetched before they are copied: they lie far from each other.
constexpr std::int64_t kTableRowsAhead = 8;
constexpr std::int64_t kFloatsOfLine = 16;
/// The processor itself fetches the rest of a longer row.
constexpr std::int64_t kMostLinesAhead = 4;

/// A writer, and where it writes.
struct Output {
  const RowWriter* writer;
  char* next;
  std::int64_t step;
};

Output output_to(const RowWriter& writer, at::Tensor& tensor, std::int64_t rows) {
  make_rows(tensor, writer.sizes(rows), writer.dtype());
  return {&writer, static_cast<char*>(tensor.data_ptr()),
          writer.width() * static_cast<std::int64_t>(tensor.element_size())};
}

class MappedSource : public Source {
 public:
  MappedSource(std::shared_ptr<const MappedTable> table, at::Tensor positions, const std::vector<TableRecipe>& inputs,
               const TableRecipe& target, at::Tensor targets)
      : table_(std::move(table)), positions_(std::move(positions)), targets_(std::move(targets)) {
    for (const auto& input : inputs) {
      inputs_.emplace_back(input, table_->columns());
      codings_.push_back(input.coding);
    }
    if (!target.parts.empty()) target_.emplace_back(target, table_->columns());
  }

  std::int64_t rows() const override { return positions_.defined() ? positions_.size(0) : table_->rows(); }
  bool is_concurrent() const override { return true; }

  void expect(RowOrder order) override {
    if (expected_.exchange(static_cast<int>(order)) != static_cast<int>(order)) table_->expect(order);
  }

  void read(Batch& batch) override {
    std::vector<Output> outputs;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const bool is_coded = codings_[i] != nullptr;
      if (is_coded) batch.codes[i].coding = codings_[i];
      if (is_coded) batch.x[i].reset();
      outputs.push_back(output_to(inputs_[i], is_coded ? batch.codes[i].values : batch.x[i], batch.rows()));
    }
    if (!target_.empty()) outputs.push_back(output_to(target_.front(), batch.y, batch.rows()));
    write(outputs, batch.index.data_ptr<std::int64_t>(), batch.rows());
    if (target_.empty()) gather_or_reset(targets_, batch.index, batch.y);
    batch.is_view = false;
  }

  at::Tensor targets() override {
    if (target_.empty()) return targets_;
    at::Tensor targets;
    std::vector<Output> outputs{output_to(target_.front(), targets, rows())};
    write(outputs, nullptr, rows());
    return targets;
  }

 private:
  const float* row(const std::int64_t* index, std::int64_t i) const {
    const auto number = index == nullptr ? i : index[i];
    return table_->row(positions_.defined() ? positions_.data_ptr<std::int64_t>()[number] : number);
  }

  void fetch(const float* row) const {
    const auto end = std::min(table_->columns(), kMostLinesAhead * kFloatsOfLine);
    for (std::int64_t column = 0; column < end; column += kFloatsOfLine) __builtin_prefetch(row + column);
  }

  /// `index`: which rows; null for the first `rows`.
  void write(std::vector<Output>& outputs, const std::int64_t* index, std::int64_t rows) const {
    for (std::int64_t i = 0; i < rows; ++i) {
      if (i + kTableRowsAhead < rows) fetch(row(index, i + kTableRowsAhead));
      const auto* from = row(index, i);
      for (auto& output : outputs) {
        output.writer->write(from, output.next);
        output.next += output.step;
      }
    }
  }

  std::shared_ptr<const MappedTable> table_;
  at::Tensor positions_;
  at::Tensor targets_;
  std::vector<RowWriter> inputs_;
  std::vector<std::shared_ptr<const kernel::Coding>> codings_;
  std::vector<RowWriter> target_;
  std::atomic<int> expected_{-1};
};

void check_positions(const at::Tensor& positions, std::int64_t rows) {
  if (!positions.defined()) return;
  const bool is_index = positions.scalar_type() == at::kLong && positions.dim() == 1 && positions.is_contiguous();
  if (!is_index) throw base::ShapeError("Positions of rows must be an int64 tensor of one dimension.");
  const auto* position = positions.data_ptr<std::int64_t>();
  const bool is_inside =
      std::all_of(position, position + positions.size(0), [rows](std::int64_t one) { return one >= 0 && one < rows; });
  if (!is_inside) throw base::ShapeError("The mapped table lacks some of the rows.");
}

}  // namespace

std::shared_ptr<Source> mapped_source(std::shared_ptr<const MappedTable> table, at::Tensor positions,
                                      const std::vector<TableRecipe>& inputs, const TableRecipe& target,
                                      at::Tensor targets) {
  check_positions(positions, table->rows());
  return std::make_shared<MappedSource>(std::move(table), std::move(positions), inputs, target, std::move(targets));
}

}  // namespace mlr3libtorch::data
