#include "core/image/column_source.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/data/gather.h"
#include "core/data/read_batch.h"

namespace mlr3libtorch::image {
namespace {

std::int64_t rows_of(const SourceInput& input) {
  return input.column ? static_cast<std::int64_t>(input.column->elements.size()) : input.values.size(0);
}

class ColumnSource : public data::Source {
 public:
  ColumnSource(std::vector<SourceInput> inputs, at::Tensor targets)
      : inputs_(std::move(inputs)), targets_(std::move(targets)), rows_(rows_of(inputs_.front())) {
    const bool fits =
        std::all_of(inputs_.begin(), inputs_.end(), [&](const auto& input) { return rows_of(input) == rows_; }) &&
        (!targets_.defined() || targets_.size(0) == rows_);
    if (!fits) throw base::ShapeError("The inputs and the target of a source have different numbers of rows.");
  }

  std::int64_t rows() const override { return rows_; }
  bool is_concurrent() const override { return true; }
  bool is_random() const override {
    return std::any_of(inputs_.begin(), inputs_.end(),
                       [](const auto& input) { return input.column && input.column->chain->is_random(); });
  }
  at::Tensor targets() override { return targets_; }

  void read(data::Batch& batch) override {
    // the threads that read are ended between two batches
    base::Interrupt none;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].column) {
        read_rows(*inputs_[i].column, batch.index.data_ptr<std::int64_t>(), batch.rows(), batch.draw, none, batch.x[i]);
      } else {
        data::gather_rows(inputs_[i].values, batch.index, batch.x[i]);
      }
    }
    data::gather_or_reset(targets_, batch.index, batch.y);
    batch.is_view = false;
  }

 private:
  std::vector<SourceInput> inputs_;
  at::Tensor targets_;
  std::int64_t rows_;
};

}  // namespace

std::shared_ptr<data::Source> column_source(std::vector<SourceInput> inputs, at::Tensor targets) {
  return std::make_shared<ColumnSource>(std::move(inputs), std::move(targets));
}

}  // namespace mlr3libtorch::image
