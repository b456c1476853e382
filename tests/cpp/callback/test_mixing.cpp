#include "callback/callbacks.h"
#include "core/base/error.h"

namespace mlr3libtorch::test_mixing {
namespace {

using namespace mlr3libtorch::test;

struct Mixed {
  at::Tensor x, own, y, other;
  double share;
};

/// Each batch of a run of one input, before and after it is mixed.
std::vector<Mixed> mixed(const std::string& name, const value::NamedValues& values) {
  std::vector<Mixed> batches;
  train::Callbacks callbacks;
  add(callbacks, "before", {Stage::kBatchBegin}, [&](Stage, Context& context) {
    batches.push_back({{}, context.batch.x[0].clone(), context.batch.y.clone(), {}, -1});
  });
  callbacks.push_back(make_native(name, values));
  add(callbacks, "after", {Stage::kBatchBegin}, [&](Stage, Context& context) {
    batches.back().x = context.batch.x[0].clone();
    if (!context.second_target) return;
    batches.back().other = context.second_target->y;
    batches.back().share = context.second_target->share;
  });
  train_weights(Setup(), std::move(callbacks));
  REQUIRE(batches.size() == 6);
  return batches;
}

/// The rows of `batch` in the order of their partners; each target is there once.
at::Tensor partners(const Mixed& batch) {
  return (batch.other.view({-1, 1}) == batch.y.view({1, -1})).to(at::kLong).argmax(1);
}

TEST_CASE("mixup mixes rows as their targets", "[callback]") {
  for (const auto& batch : mixed("mixup", {{"alpha", 1.0}})) {
    const auto other = batch.own.index_select(0, partners(batch));
    CHECK(batch.share >= 0);
    CHECK(batch.share <= 1);
    CHECK(at::allclose(batch.x, batch.own * (1 - batch.share) + other * batch.share));
  }
}

TEST_CASE("cutmix exchanges whole columns", "[callback]") {
  for (const auto& batch : mixed("cutmix", {{"alpha", 1.0}})) {
    const auto other = batch.own.index_select(0, partners(batch));
    // Each row may be its own partner.
    if (same_bytes(other, batch.own)) continue;
    std::int64_t exchanged = 0;
    for (std::int64_t column = 0; column < 3; ++column) {
      const bool is_own = same_bytes(batch.x.select(1, column), batch.own.select(1, column));
      exchanged += is_own ? 0 : 1;
      if (!is_own) CHECK(same_bytes(batch.x.select(1, column), other.select(1, column)));
    }
    CHECK(batch.share == Approx(static_cast<double>(exchanged) / 3));
  }
}

TEST_CASE("the loss is the mixture of both targets' losses", "[callback]") {
  double share = 0;
  at::Tensor expected, found;
  auto callbacks = with_native("mixup", {{"alpha", 1.0}});
  add(callbacks, "observer", {Stage::kAfterBackward}, [&](Stage, Context& context) {
    share = context.second_target->share;
    const auto& y_hat = context.y_hats.front();
    expected = (1 - share) * context.loss_fn.forward(y_hat, context.batch.y) +
               share * context.loss_fn.forward(y_hat, context.second_target->y);
    found = context.loss;
    CHECK(at::allclose(found, expected));
  });
  train_weights(Setup(), std::move(callbacks));
  CHECK(found.defined());
}

TEST_CASE("a share of nothing changes no byte", "[callback]") {
  Setup setup;
  setup.dropout = 0.2;
  const auto plain = train_weights(setup);
  for (const auto* name : {"mixup", "cutmix"}) {
    CHECK(same_bytes(plain, train_weights(setup, with_native(name, {{"alpha", 0.0}}))));
    CHECK(same_bytes(plain, train_weights(setup, with_native(name, {{"p", 0.0}}))));
  }
  // The second target is there, with lambda 1.
  CHECK(same_bytes(plain, train_weights(setup, one({Stage::kBatchBegin}, [](Stage, Context& context) {
                                          context.second_target = callback::SecondTarget{context.batch.y + 1, 0};
                                        }))));
}

TEST_CASE("a batch is mixed with the probability asked for, from the run's generator", "[callback]") {
  const auto batches = mixed("mixup", {{"p", 0.5}});
  const auto count = std::count_if(batches.begin(), batches.end(), [](const Mixed& batch) { return batch.share >= 0; });
  CHECK(count > 0);
  CHECK(count < 6);
  for (const auto& batch : batches) {
    if (batch.share < 0) CHECK(same_bytes(batch.x, batch.own));
  }
  Setup setup;
  setup.options.epochs = 4;
  CHECK(resumes_exactly(setup, "mixup", {}));
  CHECK(resumes_exactly(setup, "cutmix", {}));
}

TEST_CASE("the dataset itself is not mixed", "[callback]") {
  Setup setup;
  setup.options.loader.shuffle = false;
  for (const auto* name : {"mixup", "cutmix"}) {
    const auto run = make_run(setup, with_native(name, {{"alpha", 1.0}}));
    train_quietly(*run);
    CHECK(same_bytes(run->context().loader_train.dataset().x[0], make_dataset(20).x[0]));
  }
}

TEST_CASE("mixup refuses categories, cutmix cuts boxes of images", "[callback]") {
  const auto run = make_run(Setup());
  auto& context = run->context();
  context.batch = {{at::zeros({4, 3}, at::kLong)}, at::zeros({4, 1}), {}, at::arange(4)};
  CHECK_THROWS_WITH(make_native("mixup")->run(Stage::kBatchBegin, context),
                    Catch::Contains("the input 'x' holds categories; use 'cutmix'"));
  const auto image = at::arange(4).view({4, 1, 1, 1}).expand({4, 2, 10, 10}).clone();
  const auto y = at::arange(4).view({4, 1});
  context.batch = {{image}, y, {}, at::arange(4)};
  make_native("cutmix")->run(Stage::kBatchBegin, context);
  const auto exchanged = (context.batch.x[0] != image).to(at::kDouble).mean({1, 2, 3});
  const auto has_partner = (context.second_target->y != y).view({4}).to(at::kDouble);
  CHECK(at::allclose(exchanged, has_partner * context.second_target->share));
}

}  // namespace
}  // namespace mlr3libtorch::test_mixing
