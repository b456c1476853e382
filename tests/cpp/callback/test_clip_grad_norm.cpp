#include <limits>

#include "core/base/error.h"
#include "train/run_setup.h"

namespace mlr3libtorch::test_clip_grad_norm {
namespace {

using namespace mlr3libtorch::test;
using Tensors = std::vector<at::Tensor>;

std::unique_ptr<callback::Callback> make_clip(const value::NamedValues& values) {
  return callback::make_native("clip_grad_norm", values, "clip");
}

Action keep_gradients(Tensors& gradients) {
  return [&gradients](Stage, Context& context) { gradients.push_back(context.network.memory().gradients.clone()); };
}

/// The gradients of each batch before and after clipping.
std::pair<Tensors, Tensors> clipped(const value::NamedValues& values) {
  Tensors before, after;
  train::Callbacks callbacks;
  add(callbacks, "before", {Stage::kAfterBackward}, keep_gradients(before));
  callbacks.push_back(make_clip(values));
  add(callbacks, "after", {Stage::kAfterBackward}, keep_gradients(after));
  train_weights(Setup(), std::move(callbacks));
  REQUIRE(before.size() == 6);
  return {before, after};
}

TEST_CASE("gradients are scaled together to the largest norm allowed", "[callback]") {
  for (const double norm_type : {2.0, 1.0, 3.0, std::numeric_limits<double>::infinity()}) {
    CAPTURE(norm_type);
    const auto [before, after] = clipped({{"max_norm", 0.01}, {"norm_type", norm_type}});
    for (std::size_t i = 0; i < before.size(); ++i) {
      const auto norm = before[i].norm(norm_type).item<double>();
      REQUIRE(norm > 0.01);
      // But for the last bits of single precision.
      CHECK(after[i].norm(norm_type).item<double>() <= 0.01 * (1 + 1e-6));
      CHECK(at::allclose(after[i], before[i] * (0.01 / (norm + 1e-6)), 1e-5, 0));
    }
  }
}

TEST_CASE("gradients within the norm keep their bytes", "[callback]") {
  const auto [before, after] = clipped({{"max_norm", 1e6}});
  for (std::size_t i = 0; i < before.size(); ++i) CHECK(same_bytes(before[i], after[i]));
}

TEST_CASE("a largest norm of zero stops all learning", "[callback]") {
  train::Callbacks callbacks;
  callbacks.push_back(make_clip({{"max_norm", 0}}));
  const auto run = make_run(Setup(), std::move(callbacks));
  const auto start = weights(*run);
  train_quietly(*run);
  CHECK(same_bytes(start, weights(*run)));
}

TEST_CASE("a native callback knows its id, its stage and that it has no state", "[callback]") {
  const auto clip = make_clip({{"max_norm", 1}});
  CHECK(clip->id() == "clip");
  CHECK(clip->state().isNone());
  for (const auto& info : callback::kStages) {
    CHECK(clip->stages().contains(info.stage) == (info.stage == Stage::kAfterBackward));
  }
}

TEST_CASE("a native callback's arguments are checked", "[callback]") {
  CHECK_THROWS_WITH(make_clip({}), "Argument 'max_norm' of callback 'clip_grad_norm' is required.");
  CHECK_THROWS_AS(make_clip({{"max_norm", -1}}), base::Error);
  CHECK_THROWS_AS(make_clip({{"max_nrom", 1}}), base::UnknownNameError);
  CHECK_THROWS_AS(callback::callbacks().at("clip_grad_nrom"), base::UnknownNameError);
}

}  // namespace
}  // namespace mlr3libtorch::test_clip_grad_norm
