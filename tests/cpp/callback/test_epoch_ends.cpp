// Native callbacks, and every way in which an epoch can end.
#include "callback/callbacks.h"

namespace mlr3libtorch::test_epoch_ends {
namespace {

using namespace mlr3libtorch::test;

/// What a native callback cannot do without.
value::NamedValues values_for(const std::string& name) {
  if (name == "clip_grad_norm") return {{"max_norm", 0.1}};
  if (name == "clip_grad_value") return {{"clip_value", 0.01}};
  if (name == "ema") return {{"decay", 0.8}};
  if (name == "grad_accumulation") return {{"n_batches", std::vector<std::int64_t>{3}}};
  if (name == "lr_cosine_annealing") return {{"T_max", 3}};
  if (name == "lr_cosine_restarts") return {{"T_0", 2}};
  if (name == "lr_cyclic") return {{"base_lr", 0.001}, {"max_lr", 0.1}};
  if (name == "lr_exponential") return {{"gamma", 0.9}};
  if (name == "lr_one_cycle") return {{"max_lr", 0.1}};
  if (name == "lr_step") return {{"step_size", 1}};
  if (name == "swa") return {{"start_epoch", 1}};
  if (name == "time_limit") return {{"seconds", 3600.0}};
  return {};
}

/// `lr_sequential` is made of other schedules, which are all here.
std::vector<std::string> native_names() {
  std::vector<std::string> names;
  for (const auto& name : callback::callbacks().names()) {
    if (name != "lr_sequential") names.push_back(name);
  }
  return names;
}

using Names = std::vector<std::string>;

Setup small_batches() {
  Setup setup;
  setup.options.loader = {4, false, false};
  setup.optimizer = {"adam", {{"lr", 0.05}}};
  return setup;
}

train::Callbacks natives(const Names& names) {
  train::Callbacks callbacks;
  for (const auto& name : names) callbacks.push_back(make_native(name, values_for(name)));
  return callbacks;
}

/// Does something in a stage of the second batch of each epoch, before or after the others.
at::Tensor train_with(const Names& names, const Setup& setup, Stage stage, void (*act)(Context&), bool first) {
  auto callbacks = natives(names);
  train::Callbacks actor;
  add(actor, "actor", {stage}, [act](Stage, Context& context) {
    if (context.step == 2) act(context);
  });
  callbacks.insert(first ? callbacks.begin() : callbacks.end(), std::move(actor.front()));
  return train_weights(setup, std::move(callbacks));
}

void stop_epoch(Context& context) { context.stop_epoch = true; }
void terminate(Context& context) { context.terminate = true; }

constexpr Stage kBatchStages[] = {Stage::kBatchBegin, Stage::kAfterBackward, Stage::kBatchEnd};

/// Alone, and where they see the gradients of several batches.
std::vector<Names> combinations() {
  std::vector<Names> all;
  for (const auto& name : native_names()) {
    all.push_back({name});
    // What is drawn for gradients that are held back is drawn again for the step with them.
    if (name != "grad_accumulation" && name != "gradient_noise") all.push_back({"grad_accumulation", name});
  }
  return all;
}

TEST_CASE("an epoch that is stopped at a batch ends the same way in whichever of its stages that was asked",
          "[callback]") {
  for (const auto& names : combinations()) {
    // A rate for each batch has moved on before the step that is made after the last.
    if (names.size() == 2 && (names.back() == "lr_cyclic" || names.back() == "lr_one_cycle")) continue;
    CAPTURE(names.front(), names.back());
    const auto expected = train_with(names, small_batches(), Stage::kBatchBegin, stop_epoch, true);
    for (const auto stage : kBatchStages) {
      for (const bool first : {true, false}) {
        CAPTURE(name_of(stage), first);
        CHECK(same_bytes(train_with(names, small_batches(), stage, stop_epoch, first), expected));
      }
    }
  }
}

TEST_CASE("an epoch that is stopped within a group steps as the batch that the group is", "[callback]") {
  auto large = small_batches();
  large.options.loader.batch_size = 8;
  for (const auto& names : std::vector<Names>{{}, {"clip_grad_norm"}, {"clip_grad_value"}, {"ema"}, {"swa"}}) {
    auto callbacks = natives(names);
    add(callbacks, "stopper", {Stage::kBatchBegin}, [](Stage, Context& context) { context.stop_epoch = true; });
    const auto expected = train_weights(large, std::move(callbacks));
    auto accumulating = names;
    accumulating.insert(accumulating.begin(), "grad_accumulation");
    for (const auto stage : kBatchStages) {
      CAPTURE(names, name_of(stage));
      CHECK(at::allclose(train_with(accumulating, small_batches(), stage, stop_epoch, false), expected, 1e-4, 1e-6));
    }
  }
}

TEST_CASE("a step that is not to be made is not made at the end of an epoch either", "[callback]") {
  auto callbacks = natives({"grad_accumulation"});
  std::vector<bool> late;
  add(callbacks, "refuser", {Stage::kAfterBackward}, [&](Stage, Context& context) {
    late.push_back(context.is_late_step);
    context.skip_step = true;
  });
  add(callbacks, "stopper", {Stage::kBatchEnd}, [](Stage, Context& context) { context.stop_epoch = true; });
  const auto untrained = weights(*make_run(small_batches()));
  CHECK(same_bytes(train_weights(small_batches(), std::move(callbacks)), untrained));
  CHECK(late == std::vector<bool>{false, true, false, true});
}

TEST_CASE("a run that is terminated ends after its epoch, in whichever stage that was asked", "[callback]") {
  for (const auto& names : combinations()) {
    if (names.back() == "lr_one_cycle") continue;
    CAPTURE(names.front(), names.back());
    auto one_epoch = small_batches();
    one_epoch.options.epochs = 1;
    const auto expected = train_weights(one_epoch, natives(names));
    for (const auto stage : kBatchStages) {
      CAPTURE(name_of(stage));
      CHECK(same_bytes(train_with(names, small_batches(), stage, terminate, true), expected));
    }
  }
}

/// A run that is asked to stop at batch `step` of its first epoch, and another that goes on from what is kept of it.
at::Tensor stop_and_go_on(const Names& names, std::int64_t step, bool stops_epoch) {
  const auto with_stopper = [&](bool asks, train::Run*& run) {
    auto callbacks = natives(names);
    add(callbacks, "stopper", {Stage::kBatchEnd}, [&run, step, asks, stops_epoch](Stage, Context& context) {
      if (context.step != step) return;
      context.stop_epoch = stops_epoch;
      if (asks) run->ask_to_stop();
    });
    return callbacks;
  };
  train::Run* stopped = nullptr;
  const auto first = make_run(small_batches(), with_stopper(true, stopped));
  stopped = first.get();
  train_quietly(*first);
  std::vector<c10::IValue> states;
  for (const auto& callback : first->callbacks()) states.push_back(callback->state());
  const auto kept = keep(*first);
  train::Run* resumed = nullptr;
  const auto second = make_run(small_batches(), with_stopper(false, resumed));
  second->network()->load(kept.weights);
  second->load_state(kept.run);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!states[i].isNone()) second->callbacks()[i]->load_state(states[i]);
  }
  train_quietly(*second);
  return weights(*second);
}

TEST_CASE("a run that is asked to stop goes on as if it had not been, with what its callbacks hold", "[callback]") {
  for (const auto& names : combinations()) {
    CAPTURE(names.front(), names.back());
    for (const std::int64_t step : {1, 2, 5}) {
      for (const bool stops_epoch : {false, true}) {
        CAPTURE(step, stops_epoch);
        auto callbacks = natives(names);
        add(callbacks, "stopper", {Stage::kBatchEnd}, [&](Stage, Context& context) {
          if (context.step == step) context.stop_epoch = stops_epoch;
        });
        const auto expected = train_weights(small_batches(), std::move(callbacks));
        CHECK(same_bytes(stop_and_go_on(names, step, stops_epoch), expected));
      }
    }
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_epoch_ends
