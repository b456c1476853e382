#include "callback/callbacks.h"
#include "core/base/error.h"
#include "core/value/plain_state.h"

// Time itself is not tested: a limit of no seconds is always over, one of many never.
namespace mlr3libtorch::test_time_limit {
namespace {

using namespace mlr3libtorch::test;

std::pair<std::int64_t, std::int64_t> trained(const value::NamedValues& values, double earlier = 0) {
  Setup setup;
  setup.options.epochs = 5;
  auto callbacks = with_native("time_limit", values);
  auto state = value::make_dictionary();
  state.insert("elapsed", earlier);
  callbacks.front()->load_state(state);
  const auto run = make_run(setup, std::move(callbacks));
  train_quietly(*run);
  const auto after = run->callbacks().front()->state().toGenericDict().at("elapsed").toDouble();
  CHECK(after >= earlier);
  return {run->context().epoch, run->context().global_step};
}

TEST_CASE("training ends when its time is over, but not before its least number of epochs", "[callback]") {
  const std::pair<std::int64_t, std::int64_t> none{0, 0}, one_batch{3, 7}, whole_epochs{2, 6}, all{5, 15};
  CHECK(trained({{"seconds", 0}}) == none);
  CHECK(trained({{"seconds", 0}, {"min_epochs", 2}}) == one_batch);
  CHECK(trained({{"seconds", 0}, {"min_epochs", 2}, {"interval", "epoch"}}) == whole_epochs);
  CHECK(trained({{"seconds", 0}, {"min_epochs", 9}}) == all);
  CHECK(trained({{"seconds", 1e9}}) == all);
}

TEST_CASE("the time of earlier runs counts", "[callback]") {
  CHECK(trained({{"seconds", 1e9}}, 2e9).first == 0);
  auto state = value::make_dictionary();
  state.insert("elapsed", -1.0);
  CHECK_THROWS_AS(make_native("time_limit", {{"seconds", 1}})->load_state(state), base::Error);
}

}  // namespace
}  // namespace mlr3libtorch::test_time_limit
