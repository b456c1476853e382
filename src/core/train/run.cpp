#include "core/train/run.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/parallel/broadcast_value.h"
#include "core/train/changes.h"
#include "core/train/find_device.h"
#include "core/train/generator.h"
#include "core/train/led_callback.h"
#include "core/train/shared_sampler.h"
#include "core/train/shared_scorer.h"
#include "core/train/shared_step.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::train {
namespace {

at::Tensor read_loss(const c10::IValue& saved) {
  if (saved.isTensor() && saved.toTensor().numel() == 1) return saved.toTensor().clone();
  throw base::Error("state", "In a saved state, 'loss' is not one number.", {{"field", std::string("loss")}});
}

using LastNumber = std::optional<double> callback::Context::*;

/// What the context tells of the last step, epoch and validation, by its name in a state.
const std::array<std::pair<const char*, LastNumber>, 3> kLastNumbers{
    {{"last_rate", &callback::Context::last_rate},
     {"mean_loss_train", &callback::Context::mean_loss_train},
     {"mean_loss_valid", &callback::Context::mean_loss_valid}}};

std::array<std::optional<double>, 3> read_last_numbers(const value::Dictionary& state) {
  std::array<std::optional<double>, 3> numbers;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto* const name = kLastNumbers[i].first;
    if (!state.contains(name)) continue;
    const auto saved = value::read_numbers(state.at(name), name);
    if (saved.size() != 1) {
      throw base::Error("state", "In a saved state, '" + std::string(name) + "' is not one number.",
                        {{"field", std::string(name)}});
    }
    numbers[i] = saved.front();
  }
  return numbers;
}

/// Rows that are read batch by batch lie nowhere.
data::Dataset placed(const data::Dataset& dataset, const network::Network& network, const RunOptions& options) {
  if (!options.data_on_device) return dataset;
  if (dataset.source == nullptr) return dataset.on(network.device());
  throw base::ConfigError("The rows cannot be moved to the device, because each batch is read when it is needed.",
                          {{"argument", std::string("data")}});
}

/// The types and shapes of a training batch.
data::Batch first_batch(const data::Dataset& dataset) {
  data::Batch batch;
  data::Loader(dataset.example(), {1}).next(batch);
  return batch;
}

/// One row of a share has no variance.
data::Sharing sharing_of(const RunOptions& options, const network::Network& network) {
  const auto& exchange = options.exchange;
  if (exchange == nullptr) return {};
  const bool is_local = network.normalises_batches() && !options.sync_batch_norm;
  return {exchange->rank(), exchange->size(), is_local ? 2 : 1};
}

/// A callback may look at all rows of a batch before a step, and change them.
data::Sharing sharing_of_reading(const RunOptions& options, const network::Network& network, const Callbacks& callbacks,
                                 callback::Stage before_step) {
  const auto looks = [&](const auto& callback) { return callback->stages().contains(before_step); };
  if (options.exchange == nullptr || std::any_of(callbacks.begin(), callbacks.end(), looks)) return {};
  return sharing_of(options, network);
}

std::unique_ptr<data::Loader> make_valid_loader(const std::optional<data::Dataset>& valid, const RunOptions& options,
                                                const network::Network& network, const Callbacks& callbacks) {
  if (!valid) return nullptr;
  data::LoaderOptions in_order{options.batch_size_valid};
  in_order.workers = options.loader.workers;
  in_order.sharing = sharing_of_reading(options, network, callbacks, callback::Stage::kBatchValidBegin);
  return std::make_unique<data::Loader>(placed(*valid, network, options), in_order);
}

/// A batch of one row has no statistics, so a last batch of one row is left out.
data::LoaderOptions training_options(const RunOptions& run, const network::Network& network,
                                     const Callbacks& callbacks) {
  auto options = run.loader;
  options.drop_lone_last = network.normalises_batches();
  options.sharing = sharing_of_reading(run, network, callbacks, callback::Stage::kBatchBegin);
  if (run.exchange != nullptr && options.sampler != nullptr) {
    options.sampler = std::make_shared<SharedSampler>(std::move(options.sampler), run.exchange);
  }
  return options;
}

/// A worker computes its share of a batch.
StepRequest step_request(const RunOptions& options) {
  const auto workers = options.exchange == nullptr ? 1 : options.exchange->size();
  return {options.plan, options.precision, (options.loader.batch_size + workers - 1) / workers, workers > 1};
}

bool reads_training_outputs(const callback::Callback& callback) {
  const auto stages = callback.stages();
  return !callback.is_reproducible() &&
         (stages.contains(callback::Stage::kAfterBackward) || stages.contains(callback::Stage::kBatchEnd));
}

ChosenStep shared_by_workers(ChosenStep chosen, const RunOptions& options, const network::Network& network,
                             const Callbacks& callbacks) {
  if (options.exchange == nullptr) return chosen;
  const bool shows_outputs = std::any_of(callbacks.begin(), callbacks.end(),
                                         [](const auto& callback) { return reads_training_outputs(*callback); });
  chosen.step = std::make_unique<SharedStep>(
      std::move(chosen.step), options.exchange,
      SharedStepOptions{sharing_of(options, network), options.sync_batch_norm, shows_outputs});
  return chosen;
}

/// Some run in the first worker, for all.
Callbacks led_by_first_worker(Callbacks callbacks, const std::shared_ptr<parallel::Exchange>& exchange) {
  if (exchange == nullptr) return callbacks;
  for (auto& callback : callbacks) {
    if (callback->runs_everywhere()) continue;
    if (exchange->rank() == 0) {
      callback = std::make_unique<LedCallback>(std::move(callback), exchange);
    } else {
      callback = std::make_unique<Follower>(callback->id(), callback->stages(), exchange);
    }
  }
  return callbacks;
}

std::shared_ptr<network::Network> placed(std::shared_ptr<network::Network> network, const std::string& device) {
  network->to(find_device(device));
  return network;
}

std::vector<float> to_numbers(const at::Tensor& tensor) {
  const auto plain = tensor.to(at::kCPU, at::kFloat).contiguous();
  return {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()};
}

/// The loss sees the numbers that the network makes before it turns them into the target's unit.
std::unique_ptr<loss::Loss> in_units_of(const network::Network& network, std::unique_ptr<loss::Loss> loss) {
  const auto* const units = network.output_units();
  if (units != nullptr && loss->has_units()) loss->use_units({to_numbers(units->mean()), to_numbers(units->sd())});
  return loss;
}

}  // namespace

Run::Run(std::shared_ptr<network::Network> network, const data::Dataset& train,
         const std::optional<data::Dataset>& valid, std::unique_ptr<loss::Loss> loss, const OptimizerRequest& optimizer,
         const RunOptions& options, const at::Generator& generator, Callbacks callbacks)
    : exchange_(options.exchange),
      process_(std::in_place, threads_for(options.threads), generator.current_seed()),
      threads_(options.threads),
      network_(placed(std::move(network), options.device)),
      loss_(in_units_of(*network_, std::move(loss))),
      optimizer_(optimizer.name, deal_groups(optimizer, network_->memory()), network_->memory()),
      callbacks_(led_by_first_worker(std::move(callbacks), exchange_)),
      loader_train_(placed(train, *network_, options), training_options(options, *network_, callbacks_), generator),
      loader_valid_(make_valid_loader(valid, options, *network_, callbacks_)),
      step_(shared_by_workers(choose_step(step_request(options), *network_, *loss_, first_batch(train), callbacks_),
                              options, *network_, callbacks_)),
      context_{*network_, optimizer_, *loss_, loader_train_, loader_valid_.get(), generator},
      epochs_asked_(options.epochs),
      eval_freq_asked_(options.eval_freq),
      owns_batches_(network_->has_user_code() || loss_->is_user_code()) {
  if (exchange_ != nullptr) {
    context_.worker = exchange_->rank() + 1;
    context_.workers = exchange_->size();
  }
  context_.total_epochs = options.epochs;
  context_.eval_freq = options.eval_freq;
  context_.classes = options.classes;
  context_.is_planned = step_.is_planned;
  context_.precision = options.precision;
  context_.reasons_against_plan = step_.reasons;
  process_.reset();
}

/// A compiled step has threads of its own, so LibTorch's would only be in their way.
void Run::begin() {
  process_.emplace(threads_for(step_.is_planned ? 1 : threads_), context_.generator.current_seed());
  if (!step_.is_planned) {
    heap_.emplace();
    return;
  }
  const int threads = useful_threads(threads_);
  if (threads == 1) return;
  pool_.emplace(threads);
  step_.step->share_with(*pool_);
}

bool Run::train(Scorer& scorer, base::Interrupt& interrupt) {
  const auto train = [&](Scorer& used) {
    return Trainer(context_, progress_, *step_.step, callbacks_, used, interrupt, owns_batches_).run();
  };
  if (exchange_ == nullptr) return train(scorer);
  share_gradients(interrupt);
  share_state(interrupt);
  SharedScorer shared(scorer, exchange_, interrupt);
  return train(shared);
}

void Run::share_gradients(base::Interrupt& interrupt) {
  const auto& gradients = network_->memory().gradients;
  if (!gradients.device().is_cpu() || gradients.scalar_type() != at::kFloat) return;
  const auto shared = exchange_->share(gradients.numel(), interrupt);
  if (shared.defined()) network_->enable_gradients_in(shared.copy_(gradients));
}

/// Weights are made of the seed everywhere, but not with the same bits by every processor.
void Run::share_state(base::Interrupt& interrupt) {
  auto given = value::make_dictionary();
  given.insert("network", network_state(*network_));
  given.insert("run", state());
  auto states = value::make_dictionary();
  for (const auto& callback : callbacks_) {
    if (callback->runs_everywhere()) states.insert(callback->id(), callback->state());
  }
  given.insert("callbacks", states);
  const auto shared = parallel::broadcast_value(*exchange_, given, interrupt).toGenericDict();
  if (exchange_->rank() == 0) return;
  load_network_state(*network_, shared.at("network"));
  load_state(shared.at("run"));
  for (const auto& saved : shared.at("callbacks").toGenericDict()) {
    const auto has_id = [&](const auto& callback) { return callback->id() == saved.key().toStringRef(); };
    const auto callback = std::find_if(callbacks_.begin(), callbacks_.end(), has_id);
    if (!saved.value().isNone()) (*callback)->load_state(saved.value());
  }
}

void Run::call(callback::Stage stage, callback::Callback& callback) {
  const at::NoGradGuard no_gradients;
  if (callback.stages().contains(stage)) call_stage(callback, stage, context_);
}

void Run::step_now() {
  if (context_.has_validation_weights) {
    throw base::ConfigError("The optimizer cannot make a step now, because the callback '" +
                                context_.validation_weights_of + "' has its own weights in the network for validation.",
                            {{"callback", context_.validation_weights_of}});
  }
  const at::NoGradGuard no_gradients;
  const auto parameters = network_->parameters();
  auto& ranges = network_->memory().ranges;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto& parameter = parameters[i].second;
    ranges[i].trainable = parameter.requires_grad() && parameter.grad().defined();
  }
  network_->bring_parameters_home();
  network_->collect_gradients();
  optimizer_.step();
  network_->restore_gradients();
}

c10::IValue Run::state() const {
  auto state = value::make_dictionary();
  state.insert("epoch", progress_.epochs);
  state.insert("global_step", progress_.global_steps);
  state.insert("generator", generator_state(context_.generator));
  state.insert("library_generator", generator_state(at::detail::getDefaultCPUGenerator()));
  state.insert("optimizer", optimizer_.state());
  state.insert("limits", limits_state(limits()));
  if (context_.loss.defined()) state.insert("loss", context_.loss.clone());
  for (const auto& [name, number] : kLastNumbers) {
    if (context_.*number) state.insert(name, *(context_.*number));
  }
  if (progress_.in_epoch) state.insert("running_epoch", epoch_state(progress_, context_));
  return state;
}

void Run::load_state(const c10::IValue& saved) {
  const auto state = value::read_dictionary(saved, "the state of a run");
  const auto generator = read_generator_state(state, "generator");
  const auto library_generator = read_generator_state(state, "library_generator");
  Progress progress;
  progress.epochs = value::read_count(state, "epoch", "run");
  progress.global_steps = value::read_count(state, "global_step", "run");
  const auto limits = read_limits(value::field(state, "limits", "run"));
  std::optional<EpochState> epoch;
  if (state.contains("running_epoch")) epoch = read_epoch_state(state.at("running_epoch"), loader_train_);
  const auto loss = state.contains("loss") ? read_loss(state.at("loss")) : at::Tensor();
  const auto numbers = read_last_numbers(state);
  optimizer_.load_state(value::field(state, "optimizer", "run"));
  // From here on, nothing can be refused any more.
  set_generator_state(context_.generator, generator);
  set_generator_state(at::detail::getDefaultCPUGenerator(), library_generator);
  progress_ = std::move(progress);
  context_.epoch = progress_.epochs;
  context_.global_step = progress_.global_steps;
  context_.loss = loss;
  for (std::size_t i = 0; i < kLastNumbers.size(); ++i) context_.*(kLastNumbers[i].second) = numbers[i];
  load_limits(limits);
  if (epoch) load_epoch(std::move(*epoch));
}

std::optional<double> Run::constant_loss() const {
  const auto& dataset = loader_train_.dataset();
  const auto& sizes = network_->shapes()[network_->outputs().front()].sizes;
  const auto targets = dataset.source != nullptr ? dataset.source->targets() : dataset.y;
  if (!targets.defined() || sizes.empty()) return std::nullopt;
  const at::NoGradGuard no_gradients;
  const auto& weights = dataset.weights;
  return loss_->constant_loss(targets.cpu(), weights.defined() ? weights.cpu() : weights, sizes.back());
}

Limits Run::limits() const {
  return {epochs_asked_,      eval_freq_asked_,   context_.total_epochs,
          context_.eval_freq, context_.terminate, context_.stopped_by};
}

/// Callbacks' changes hold if the same was asked for; otherwise what is asked for now.
void Run::load_limits(const Limits& saved) {
  if (saved.epochs_asked == epochs_asked_) {
    context_.total_epochs = saved.epochs;
    context_.terminate = saved.terminate;
    context_.stopped_by = saved.stopped_by;
  }
  if (saved.eval_freq_asked == eval_freq_asked_) context_.eval_freq = saved.eval_freq;
}

void Run::load_epoch(EpochState saved) {
  loader_train_.load_state(saved.loader);
  progress_.in_epoch = true;
  progress_.steps = saved.loader.batches;
  progress_.rows = saved.loader.rows;
  progress_.loss = saved.loss;
  progress_.outputs = std::move(saved.outputs);
  ++context_.epoch;
  context_.step = progress_.steps;
  context_.stop_epoch = saved.stop_epoch;
}

}  // namespace mlr3libtorch::train
