#include "core/data/arranged_source.h"

#include <utility>

#include "core/data/dataset.h"

namespace mlr3libtorch::data {
namespace {

class ArrangedSource : public Source {
 public:
  ArrangedSource(std::shared_ptr<Source> source, std::vector<std::size_t> positions, std::size_t inputs)
      : source_(std::move(source)), positions_(std::move(positions)), inputs_(inputs) {}

  std::int64_t rows() const override { return source_->rows(); }
  bool is_concurrent() const override { return source_->is_concurrent(); }
  bool is_random() const override { return source_->is_random(); }
  void expect(RowOrder order) override { source_->expect(order); }
  at::Tensor targets() override { return source_->targets(); }

  void read(Batch& batch) override {
    batch.x = in_order_of_source(std::move(batch.x));
    batch.codes = in_order_of_source(std::move(batch.codes));
    source_->read(batch);
    batch.x = in_our_order(std::move(batch.x));
    batch.codes = in_our_order(std::move(batch.codes));
  }

 private:
  // Codes may be missing altogether.
  template <class Input>
  std::vector<Input> in_order_of_source(std::vector<Input> ours) const {
    std::vector<Input> theirs(ours.empty() ? 0 : inputs_);
    for (std::size_t i = 0; i < ours.size(); ++i) theirs[positions_[i]] = std::move(ours[i]);
    return theirs;
  }

  template <class Input>
  std::vector<Input> in_our_order(std::vector<Input> theirs) const {
    std::vector<Input> ours(theirs.empty() ? 0 : positions_.size());
    for (std::size_t i = 0; i < ours.size(); ++i) ours[i] = std::move(theirs[positions_[i]]);
    return ours;
  }

  std::shared_ptr<Source> source_;
  std::vector<std::size_t> positions_;
  std::size_t inputs_;
};

}  // namespace

std::shared_ptr<Source> arranged_source(std::shared_ptr<Source> source, std::vector<std::size_t> positions,
                                        std::size_t inputs) {
  bool is_same = positions.size() == inputs;
  for (std::size_t i = 0; i < positions.size(); ++i) is_same = is_same && positions[i] == i;
  if (is_same) return source;
  return std::make_shared<ArrangedSource>(std::move(source), std::move(positions), inputs);
}

}  // namespace mlr3libtorch::data
