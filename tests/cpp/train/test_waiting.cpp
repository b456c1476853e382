// Reading a number from a GPU waits for all that it has to do. LibTorch's device "meta" has shapes but no numbers, and
// throws where one is read: what runs there waits for no device.
#include "core/loss/settings_tensor.h"
#include "core/optim/update_rule.h"
#include "core/train/autograd_step.h"
#include "core/train/mean_loss.h"
#include "loss/losses.h"
#include "train/run_setup.h"

namespace mlr3libtorch::test_waiting {
namespace {

using namespace mlr3libtorch::test;

const at::Device kMeta{at::kMeta};

data::Dataset classes_dataset() {
  auto dataset = make_dataset(20);
  dataset.y = at::arange(20, at::kLong).remainder(3);
  return dataset.on(kMeta);
}

network::Spec spec_of(std::int64_t outputs) {
  return {{"x"},
          {{"hidden", "linear", {{"out_features", 8}}, {"x"}},
           {"bend", "tanh", {}, {"hidden"}},
           {"out", "linear", {{"out_features", outputs}}, {"bend"}}},
          {}};
}

/// An epoch as the Trainer goes through it. Throws if a number is read.
void run_epoch(const data::Dataset& dataset, const loss::Loss& loss, std::int64_t outputs,
               const train::OptimizerRequest& request) {
  const auto generator = train::make_generator(1);
  network::Network network(spec_of(outputs), {at::zeros({2, 3}, at::TensorOptions(kMeta))}, generator);
  optim::Optimizer optimizer(request.name, request.settings, network.memory());
  data::Loader loader(dataset, {8}, generator);
  Context context{network, optimizer, loss, loader, nullptr, generator};
  train::AutogradStep step(network, kernel::Precision::kFloat32);
  train::MeanLoss mean;
  base::Interrupt interrupt;
  while (loader.next(context.batch)) {
    context.batch.move_to(kMeta);
    step.compute_gradients(context, interrupt);
    step.update(context);
    mean.add_on_device(context.loss, loss.denominator_on_device(context.batch.y, context.batch.weights));
  }
  CHECK_THROWS(mean.value());
}

TEST_CASE("a step reads no number from the device, with any optimizer", "[train]") {
  const auto loss = make_loss("cross_entropy", {{"reduction", "sum"}});
  for (const auto& name : optim::update_rules().names()) {
    CAPTURE(name);
    CHECK_NOTHROW(run_epoch(classes_dataset(), *loss, 3, {name, {{"lr", 0.1}}}));
  }
}

TEST_CASE("settings of a loss are copied once to where they are needed", "[loss]") {
  const loss::SettingsTensor settings(at::ones({2}));
  const auto other = at::zeros({3}, at::TensorOptions(kMeta));
  CHECK(settings.like(other).device() == kMeta);
  CHECK(settings.like(other).is_same(settings.like(other)));
  CHECK(settings.like(at::zeros({3})).is_same(settings.given()));
  CHECK(!loss::SettingsTensor().like(other).defined());
}

}  // namespace
}  // namespace mlr3libtorch::test_waiting
