#include <ATen/core/grad_mode.h>

#include "core/train/predict.h"
#include "train/run_setup.h"

namespace mlr3libtorch::test_predict {
namespace {

using namespace mlr3libtorch::test;

network::Network make_network() { return {make_spec(0.5), {at::zeros({2, 3})}, at::detail::createCPUGenerator(1)}; }

TEST_CASE("prediction equals one forward call, in batches of any size", "[train]") {
  auto network = make_network();
  network.enable_gradients();
  const auto x = make_dataset(10).x;
  const auto expected = network.forward(x, {}).front().detach();
  for (const auto batch_size : {1, 3, 10, 1000}) {
    CAPTURE(batch_size);
    CountingInterrupt interrupt;
    const auto y_hat = train::predict(network, x, batch_size, interrupt);
    CHECK(y_hat.sizes() == at::IntArrayRef({10, 1}));
    CHECK(at::allclose(y_hat, expected, 1e-5, 1e-6));
    CHECK_FALSE(y_hat.requires_grad());
    CHECK(interrupt.polls > 0);
  }
}

TEST_CASE("prediction uses no randomness", "[train]") {
  const auto network = make_network();
  const auto before = library_generator_state();
  base::Interrupt interrupt;
  const auto x = make_dataset(10).x;
  CHECK(same_bytes(train::predict(network, x, 4, interrupt), train::predict(network, x, 4, interrupt)));
  CHECK(same_bytes(before, library_generator_state()));
}

TEST_CASE("prediction of no rows is a tensor of no rows", "[train]") {
  base::Interrupt interrupt;
  const auto y_hat = train::predict(make_network(), {at::zeros({0, 3})}, 4, interrupt);
  REQUIRE(y_hat.defined());
  CHECK(y_hat.sizes() == at::IntArrayRef({0, 1}));
}

TEST_CASE("an interrupt ends a prediction", "[train]") {
  CountingInterrupt interrupt(2);
  CHECK_THROWS_AS(train::predict(make_network(), make_dataset(10).x, 1, interrupt), Unheard);
  CHECK(interrupt.polls == 2);
  CHECK(at::GradMode::is_enabled());
}

}  // namespace
}  // namespace mlr3libtorch::test_predict
