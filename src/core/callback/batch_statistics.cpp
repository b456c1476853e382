#include "core/callback/batch_statistics.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <memory>
#include <utility>

namespace mlr3libtorch::callback {
namespace {

/// An order that is known.
class FixedOrder : public data::Sampler {
 public:
  explicit FixedOrder(data::EpochOrder order) : order_(std::move(order)) {}
  data::EpochOrder order(std::int64_t /*rows*/) override { return order_; }

 private:
  data::EpochOrder order_;
};

/// Batches as in training: shuffled if those are, and of the rows that a sampler has chosen for this epoch.
data::Loader training_batches(const data::Loader& loader, const at::Generator& generator) {
  auto options = loader.options();
  options.sharing = {};
  const auto epoch = loader.state();
  if (options.sampler != nullptr) {
    options.sampler = std::make_shared<FixedOrder>(data::EpochOrder{epoch.order, epoch.ends});
  }
  data::Loader batches(loader.dataset(), options, generator);
  batches.begin_epoch();
  return batches;
}

/// The network's averages are plain means during this object's lifetime.
class PlainMeans {
 public:
  explicit PlainMeans(network::Network& network) : network_(network), any_(network.begin_plain_means()) {}
  ~PlainMeans() { network_.end_plain_means(); }
  PlainMeans(const PlainMeans&) = delete;
  PlainMeans& operator=(const PlainMeans&) = delete;

  bool any() const { return any_; }

 private:
  network::Network& network_;
  bool any_;
};

}  // namespace

void measure_batch_statistics(Context& context) {
  auto& network = context.network;
  const PlainMeans means(network);
  if (!means.any()) return;
  const auto generator = at::detail::createCPUGenerator(context.generator.current_seed());
  auto batches = training_batches(context.loader_train, generator);
  data::Batch batch;
  while (batches.next(batch)) {
    context.interrupt->check();
    batch.expand();
    for (auto& x : batch.x) x = x.to(network.device());
    network.forward(batch.x, {true, generator});
  }
}

}  // namespace mlr3libtorch::callback
