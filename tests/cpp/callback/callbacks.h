#pragma once

#include "train/run_setup.h"

namespace mlr3libtorch::test {

inline std::unique_ptr<callback::Callback> make_native(const std::string& name, const value::NamedValues& values = {}) {
  return callback::make_native(name, values, name);
}

inline train::Callbacks with_native(const std::string& name, const value::NamedValues& values = {}) {
  train::Callbacks callbacks;
  callbacks.push_back(make_native(name, values));
  return callbacks;
}

/// What a host language keeps of a run: the run's state, its weights and the first callback's state.
struct Kept {
  c10::IValue run;
  std::map<std::string, at::Tensor> weights;
  c10::IValue callback;
};

inline Kept keep(const train::Run& run) {
  Kept kept{run.state(), {}, run.callbacks().front()->state()};
  for (const auto& [name, parameter] : run.network()->parameters()) kept.weights[name] = parameter.detach().clone();
  for (const auto& [name, buffer] : run.network()->buffers()) kept.weights[name] = buffer.clone();
  return kept;
}

/// What is kept at the end of epoch `epoch` of a run with that callback, as a checkpoint does.
inline Kept keep_at(const Setup& setup, std::int64_t epoch, const std::string& name, const value::NamedValues& values) {
  Kept kept;
  train::Run* run = nullptr;
  auto callbacks = with_native(name, values);
  add(callbacks, "keeper", {Stage::kEpochEnd}, [&](Stage, Context& context) {
    if (context.epoch == epoch) kept = keep(*run);
  });
  const auto owner = make_run(setup, std::move(callbacks));
  run = owner.get();
  train_quietly(*run);
  return kept;
}

/// The weights of a run of other seed that goes on from there.
inline at::Tensor resume(Setup setup, const Kept& kept, const std::string& name, const value::NamedValues& values) {
  setup.seed = 77;
  const auto run = make_run(setup, with_native(name, values));
  run->network()->load(kept.weights);
  run->load_state(kept.run);
  if (!kept.callback.isNone()) run->callbacks().front()->load_state(kept.callback);
  train_quietly(*run);
  return weights(*run);
}

/// Whether a run that is left at the end of its second epoch and resumed ends in the bytes of one that is not.
inline bool resumes_exactly(const Setup& setup, const std::string& name, const value::NamedValues& values) {
  const auto whole = train_weights(setup, with_native(name, values));
  return same_bytes(whole, resume(setup, keep_at(setup, 2, name, values), name, values));
}

}  // namespace mlr3libtorch::test
