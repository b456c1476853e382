// Counts what the steady state of a planned run asks LibTorch's allocator for: nothing.
#include <c10/core/CPUAllocator.h>

#include "train/run_setup.h"

namespace mlr3libtorch::test_allocations {
namespace {

using namespace mlr3libtorch::test;

/// Counts on its way to the allocator that was there before. Without `override`, since the base class of later LibTorch
/// versions has no `const` there and asks for `copy_data()`.
class CountingAllocator : public at::Allocator {
 public:
  CountingAllocator() : before_(c10::GetAllocator(at::kCPU)) { c10::SetAllocator(at::kCPU, this, kPriority); }
  ~CountingAllocator() override { c10::SetAllocator(at::kCPU, before_, kPriority); }
  at::DataPtr allocate(std::size_t bytes) const {
    ++count;
    return before_->allocate(bytes);
  }
  at::DataPtr allocate(std::size_t bytes) { return std::as_const(*this).allocate(bytes); }
  at::DeleterFnPtr raw_deleter() const override { return before_->raw_deleter(); }
  void copy_data(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }
  mutable std::int64_t count = 0;

 private:
  static constexpr std::uint8_t kPriority = 100;
  at::Allocator* before_;
};

/// Allocations in each batch of a run with 20 rows: two batches of 8 and one of 4 an epoch.
std::vector<std::int64_t> allocations(Setup setup, train::PlanUse use) {
  setup.options.plan = use;
  setup.options.epochs = 4;
  CountingAllocator allocator;
  std::vector<std::int64_t> counts;
  const auto run = make_run(setup, one({Stage::kBatchEnd}, [&](Stage, Context& context) {
                              if (context.step > 1) counts.push_back(allocator.count);
                              allocator.count = 0;
                            }));
  train_quietly(*run);
  return counts;
}

TEST_CASE("a planned run allocates nothing in a batch, from the second epoch on", "[plan]") {
  for (const bool shuffle : {false, true}) {
    Setup setup;
    setup.dropout = 0.3;
    setup.optimizer = {"adam", {{"lr", 0.01}}};
    setup.options.loader.shuffle = shuffle;
    const auto counts = allocations(setup, train::PlanUse::kRequire);
    REQUIRE(counts.size() == 8);
    for (std::size_t i = 2; i < counts.size(); ++i) CHECK(counts[i] == 0);
    // What counts does count.
    CHECK(allocations(setup, train::PlanUse::kOff).back() > 0);
  }
}

TEST_CASE("tensors that a callback keeps are not overwritten by the batches after it", "[plan]") {
  std::vector<at::Tensor> kept, copies;
  const auto keep = [&](const at::Tensor& tensor) {
    kept.push_back(tensor);
    copies.push_back(tensor.clone());
  };
  Setup setup;
  setup.options.plan = train::PlanUse::kRequire;
  const auto run = make_run(setup, one({Stage::kBatchEnd}, [&](Stage, Context& context) {
                              keep(context.loss);
                              keep(context.y_hats.front());
                              keep(context.y_hats.front().narrow(0, 0, 2));
                              keep(context.batch.x.front());
                              keep(context.batch.y);
                              keep(context.batch.index);
                            }));
  train_quietly(*run);
  REQUIRE(kept.size() == 36);
  for (std::size_t i = 0; i < kept.size(); ++i) CHECK(at::equal(kept[i], copies[i]));
}

}  // namespace
}  // namespace mlr3libtorch::test_allocations
