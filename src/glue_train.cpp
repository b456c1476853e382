#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/callback/context.h"
#include "core/kernel/blas.h"
#include "core/train/run.h"
#include "glue/compiled_callback.h"
#include "glue/convert.h"
#include "glue/exchange_handle.h"
#include "glue/guard.h"
#include "glue/index_base.h"
#include "glue/r_callback.h"
#include "glue/r_logger.h"
#include "glue/r_sampler.h"
#include "glue/r_scorer.h"
#include "glue/r_source.h"
#include "glue/run_handle.h"
#include "glue/score_board.h"
#include "glue/stop_signal.h"
#include "glue/tensor_handle.h"
#include "glue/training_interrupt.h"

namespace mlr3libtorch::glue {
namespace {

std::int64_t positive(const Rcpp::List& list, const char* name) {
  return to_int_from(list_element(list, name, "options"), name, 1);
}

data::Dataset to_dataset(SEXP value, const std::vector<std::string>& names) {
  const auto list = to_list(value, "dataset");
  auto inputs = to_inputs(list_element(list, "x", "dataset"), names, "x of the dataset");
  data::Dataset dataset{names, std::move(inputs.x), {}};
  dataset.codes = std::move(inputs.codes);
  dataset.y = classes_from_r(unwrap_tensor(list_element(list, "y", "dataset")));
  if (list.containsElementNamed("weights")) dataset.weights = unwrap_tensor(list["weights"]);
  if (list.containsElementNamed("source")) dataset.source = to_source(list["source"], names);
  return dataset;
}

/// A registered thing as R names it: list(key, arguments).
struct Request {
  std::string key;
  Rcpp::List arguments;
};

Request to_request(SEXP value, const std::string& what) {
  const auto list = to_list(value, what);
  return {to_string(list_element(list, "key", what), "key of the " + what),
          to_list(list_element(list, "arguments", what), "arguments of the " + what)};
}

template <class Registry>
value::NamedValues to_values(const Registry& registry, const Request& request) {
  return to_named_values(request.arguments, registry.at(request.key).schema,
                         registry.kind() + " '" + request.key + "'");
}

std::unique_ptr<loss::Loss> to_loss(SEXP value) {
  const auto request = to_request(value, "loss");
  auto& registry = loss::losses();
  auto values = to_values(registry, request);
  for (const auto& argument : registry.at(request.key).schema.arguments()) {
    const auto given = values.find(argument.name());
    if (given == values.end()) continue;
    given->second = to_zero_based(argument_base(request.key, argument), given->second, argument.name());
  }
  return registry.make(request.key, registry.bind(request.key, values));
}

std::string meaning_name(loss::Outputs::Meaning meaning) {
  switch (meaning) {
    case loss::Outputs::Meaning::kLogValue:
      return "log_value";
    case loss::Outputs::Meaning::kMeanAndLogVariance:
      return "mean_and_log_variance";
    case loss::Outputs::Meaning::kQuantiles:
      return "quantiles";
    case loss::Outputs::Meaning::kHazards:
      return "hazards";
    default:
      return "value";
  }
}

/// list(params = <names>, <settings>)
train::GroupRequest to_group(SEXP value, const std::string& optimizer) {
  auto list = Rcpp::clone(to_list(value, "parameter group"));
  const auto names = to_strings(list_element(list, "params", "parameter group"), "params of a parameter group");
  list.erase(static_cast<int>(list.findName("params")));
  return {names, to_values(optim::update_rules(), Request{optimizer, list})};
}

train::OptimizerRequest to_optimizer(SEXP value) {
  const auto request = to_request(value, "optimizer");
  train::OptimizerRequest optimizer{request.key, to_values(optim::update_rules(), request)};
  const Rcpp::List list(value);
  if (!list.containsElementNamed("groups")) return optimizer;
  for (const SEXP group : to_list(list["groups"], "parameter groups")) {
    optimizer.groups.push_back(to_group(group, request.key));
  }
  return optimizer;
}

std::shared_ptr<data::Sampler> to_sampler(SEXP value) {
  if (Rf_isNull(value)) return nullptr;
  if (!Rf_isFunction(value)) refuse_value("sampler", "a function or NULL", value);
  return std::make_shared<RSampler>(value);
}

at::Tensor to_lengths(SEXP value) {
  return Rf_isNull(value) ? at::Tensor() : at::tensor(to_sizes(value, "lengths"), at::kLong);
}

std::shared_ptr<parallel::Exchange> to_exchange(SEXP value) {
  return Rf_isNull(value) ? nullptr : ExchangeHandle::share(value);
}

train::RunOptions to_options(SEXP value) {
  const auto list = to_list(value, "options");
  train::RunOptions options;
  options.epochs = to_int(list_element(list, "epochs", "options"), "epochs");
  options.loader.batch_size = positive(list, "batch_size");
  options.loader.shuffle = to_bool(list_element(list, "shuffle", "options"), "shuffle");
  options.loader.drop_last = to_bool(list_element(list, "drop_last", "options"), "drop_last");
  options.loader.lengths = to_lengths(list_element(list, "lengths", "options"));
  options.loader.sampler = to_sampler(list_element(list, "sampler", "options"));
  options.loader.workers = to_workers(list_element(list, "num_workers", "options"));
  options.batch_size_valid = positive(list, "batch_size_predict");
  options.eval_freq = positive(list, "eval_freq");
  options.classes = to_int(list_element(list, "classes", "options"), "classes");
  options.threads = to_threads(list_element(list, "num_threads", "options"), "num_threads");
  options.device = to_string(list_element(list, "device", "options"), "device");
  options.data_on_device = to_bool(list_element(list, "data_on_device", "options"), "data_on_device");
  options.plan = train::parse_plan_use(to_string(list_element(list, "plan", "options"), "plan"));
  options.precision = kernel::parse_precision(to_string(list_element(list, "precision", "options"), "precision"));
  options.exchange = to_exchange(list_element(list, "exchange", "options"));
  options.sync_batch_norm = to_bool(list_element(list, "sync_batch_norm", "options"), "sync_batch_norm");
  return options;
}

std::unique_ptr<callback::Callback> to_callback(const std::string& id, SEXP value) {
  const auto list = to_list(value, "callback '" + id + "'");
  if (list.containsElementNamed("compiled")) return to_compiled_callback(id, list);
  if (list.containsElementNamed("functions")) {
    return std::make_unique<RCallback>(id, to_list(list["functions"], id),
                                       to_bool(list_element(list, "everywhere", id), "everywhere"));
  }
  const Request request{to_string(list_element(list, "native", id), "native"),
                        to_list(list_element(list, "arguments", id), id)};
  return callback::make_native(request.key, to_values(callback::callbacks(), request), id);
}

train::Callbacks to_callbacks(SEXP value) {
  const auto list = to_list(value, "callbacks");
  const auto ids = element_names(list, "callbacks");
  train::Callbacks callbacks;
  for (R_xlen_t i = 0; i < list.size(); ++i) callbacks.push_back(to_callback(ids[i], list[i]));
  return callbacks;
}

callback::Callback& callback_called(train::Run& run, SEXP id) {
  const auto name = to_string(id, "id");
  for (const auto& callback : run.callbacks()) {
    if (callback->id() == name) return *callback;
  }
  throw base::UnknownNameError("callback of this run", name,
                               base::names_of(run.callbacks(), [](const auto& callback) { return callback->id(); }));
}

using History = std::vector<train::EpochRecord>;

/// `nan`: what stands for a number that is NaN.
Rcpp::NumericVector column_of(const History& history, double train::EpochRecord::*field, double nan = R_NaN) {
  Rcpp::NumericVector column(static_cast<R_xlen_t>(history.size()));
  std::transform(history.begin(), history.end(), column.begin(),
                 [=](const auto& record) { return std::isnan(record.*field) ? nan : record.*field; });
  return column;
}

/// A column for each score that an epoch has, in the order in which they come.
void add_scores(const std::string& prefix, const History& history, score::NamedScores train::EpochRecord::*field,
                Rcpp::List& columns) {
  std::vector<std::string> ids;
  std::map<std::string, Rcpp::NumericVector> values;
  for (std::size_t i = 0; i < history.size(); ++i) {
    for (const auto& [id, value] : history[i].*field) {
      auto found = values.find(id);
      if (found == values.end()) {
        ids.push_back(id);
        found = values.emplace(id, Rcpp::NumericVector(static_cast<R_xlen_t>(history.size()), NA_REAL)).first;
      }
      found->second[static_cast<R_xlen_t>(i)] = value;
    }
  }
  for (const auto& id : ids) columns[prefix + id] = values.at(id);
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// list(meaning, count, quantiles, cuts, has_units, compares_rows): the meaning of a network's outputs for one target,
// whether they are in the target's unit (those of a user's loss are taken to be), and whether rows are compared.
// [[Rcpp::export(rng = false)]]
SEXP core_loss_outputs(SEXP loss) {
  return guard([&]() -> SEXP {
    const auto made = to_loss(loss);
    const auto outputs = made->outputs();
    const bool has_units = made->has_units() || made->is_user_code();
    return Rcpp::List::create(
        Rcpp::Named("meaning") = meaning_name(outputs.meaning), Rcpp::Named("count") = static_cast<int>(outputs.count),
        Rcpp::Named("quantiles") = outputs.quantiles, Rcpp::Named("cuts") = outputs.cuts,
        Rcpp::Named("has_units") = has_units, Rcpp::Named("compares_rows") = made->compares_rows());
  });
}

/// What a network that has learnt nothing should give, a number for each of its outputs, see the core's Loss::start().
/// `classes`: their number, or 0. `weights`: a tensor or NULL.
// [[Rcpp::export(rng = false)]]
SEXP core_loss_start(SEXP loss, SEXP y, SEXP weights, SEXP outputs, SEXP classes) {
  return guard([&]() -> SEXP {
    const auto truth = classes_from_r(unwrap_tensor(y));
    const auto rows = Rf_isNull(weights) ? at::Tensor() : unwrap_tensor(weights);
    const auto start = to_loss(loss)->start(truth, rows, to_int(outputs, "outputs"), to_int(classes, "classes"));
    const auto numbers = start.contiguous();
    return Rcpp::NumericVector(numbers.data_ptr<double>(), numbers.data_ptr<double>() + numbers.numel());
  });
}

/// The loss of outputs and truths outside of a run, a scalar.
// [[Rcpp::export(rng = false)]]
SEXP core_loss_value(SEXP loss, SEXP y_hat, SEXP y) {
  return guard(
      [&] { return wrap_tensor(to_loss(loss)->forward(unwrap_tensor(y_hat), classes_from_r(unwrap_tensor(y)))); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_run_create(SEXP network, SEXP generator, SEXP train, SEXP valid, SEXP loss, SEXP optimizer, SEXP options,
                     SEXP callbacks) {
  return guard([&] {
    const auto shared = NetworkHandle::share(network);
    std::optional<data::Dataset> validation;
    if (!Rf_isNull(valid)) validation = to_dataset(valid, shared->inputs());
    return RunHandle::make(std::make_shared<train::Run>(shared, to_dataset(train, shared->inputs()), validation,
                                                        to_loss(loss), to_optimizer(optimizer), to_options(options),
                                                        GeneratorHandle::get(generator), to_callbacks(callbacks)));
  });
}

/// The defaults of a learner's parameters.
// [[Rcpp::export(rng = false)]]
SEXP core_run_defaults() {
  return guard([]() -> SEXP {
    const train::RunOptions options;
    return Rcpp::List::create(
        Rcpp::Named("shuffle") = options.loader.shuffle, Rcpp::Named("drop_last") = options.loader.drop_last,
        Rcpp::Named("eval_freq") = to_r(options.eval_freq), Rcpp::Named("num_threads") = options.threads,
        Rcpp::Named("device") = options.device, Rcpp::Named("plan") = train::name_of(options.plan),
        Rcpp::Named("precision") = kernel::name_of(options.precision),
        Rcpp::Named("sync_batch_norm") = options.sync_batch_norm);
  });
}

/// The results of this run's epochs, a column each; NA for a validation loss or a score that an epoch does not have.
// [[Rcpp::export(rng = false)]]
SEXP core_run_history(SEXP run) {
  return guard([&]() -> SEXP {
    const auto& history = RunHandle::get(run).history();
    Rcpp::List columns =
        Rcpp::List::create(Rcpp::Named("epoch") = Rcpp::IntegerVector(static_cast<R_xlen_t>(history.size())),
                           Rcpp::Named("train.loss") = column_of(history, &train::EpochRecord::loss_train),
                           Rcpp::Named("valid.loss") = column_of(history, &train::EpochRecord::loss_valid, NA_REAL),
                           Rcpp::Named("lr") = column_of(history, &train::EpochRecord::rate),
                           Rcpp::Named("seconds") = column_of(history, &train::EpochRecord::seconds));
    std::transform(history.begin(), history.end(), INTEGER(columns["epoch"]),
                   [](const auto& record) { return static_cast<int>(record.epoch); });
    add_scores("train.", history, &train::EpochRecord::scores_train, columns);
    add_scores("valid.", history, &train::EpochRecord::scores_valid, columns);
    return columns;
  });
}

/// The mean loss of the best outputs that are the same for all training rows; NULL if it is not known.
// [[Rcpp::export(rng = false)]]
SEXP core_run_constant_loss(SEXP run) {
  return guard([&]() -> SEXP {
    const auto loss = RunHandle::get(run).constant_loss();
    return loss ? Rf_ScalarReal(*loss) : R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_run_begin(SEXP run) {
  return guard([&] {
    RunHandle::get(run).begin();
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_run_train(SEXP run, SEXP score_train, SEXP score_valid) {
  return guard([&] {
    const auto shared = RunHandle::share(run);
    RScorer scorer(score_train, score_valid);
    TrainingInterrupt interrupt(*shared);
    return Rf_ScalarLogical(shared->train(scorer, interrupt));
  });
}

/// FALSE if it was already asked to stop.
// [[Rcpp::export(rng = false)]]
SEXP core_run_ask_to_stop(SEXP run) {
  return guard([&] {
    auto& live = RunHandle::get(run);
    const bool was_asked = live.is_asked_to_stop();
    live.ask_to_stop();
    return Rf_ScalarLogical(!was_asked);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_watch_stop_signal() {
  return guard([&] {
    watch_stop_signal();
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_unwatch_stop_signal() {
  return guard([&] {
    unwatch_stop_signal();
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_run_call(SEXP run, SEXP stage, SEXP id) {
  return guard([&] {
    const auto shared = RunHandle::share(run);
    shared->call(stage_called(to_string(stage, "stage")), callback_called(*shared, id));
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_run_end(SEXP run) {
  return guard([&] {
    RunHandle::end(run);
    return R_NilValue;
  });
}

/// Whose stage was running when an error came: list(id, stage, epoch, batch), or NULL between stages.
// [[Rcpp::export(rng = false)]]
SEXP core_run_running(SEXP run) {
  return guard([&]() -> SEXP {
    const auto& context = RunHandle::get(run).context();
    if (!context.running) return R_NilValue;
    const auto& info = callback::kStages.at(static_cast<std::size_t>(context.running->stage));
    return Rcpp::List::create(Rcpp::Named("callback") = context.running->id,
                              Rcpp::Named("stage") = std::string(info.name),
                              Rcpp::Named("epoch") = static_cast<double>(context.epoch),
                              Rcpp::Named("batch") = static_cast<double>(context.step));
  });
}

/// Where the run's time went: list(stage, callback, calls, seconds); parts of the loop itself have no callback.
// [[Rcpp::export(rng = false)]]
SEXP core_run_timing(SEXP run) {
  return guard([&]() -> SEXP {
    const auto& timing = RunHandle::get(run).context().timing;
    Rcpp::CharacterVector stages, callbacks;
    Rcpp::NumericVector calls, seconds;
    const auto add = [&](std::string_view stage, const Rcpp::String& callback, const callback::TimeSpent& spent) {
      stages.push_back(std::string(stage));
      callbacks.push_back(callback);
      calls.push_back(static_cast<double>(spent.calls));
      seconds.push_back(spent.seconds);
    };
    for (std::size_t i = 0; i < callback::kPartNames.size(); ++i) {
      add(callback::kPartNames[i], NA_STRING, timing.parts()[i]);
    }
    for (const auto& stage : timing.stages()) {
      add(callback::kStages.at(static_cast<std::size_t>(stage.stage)).name, stage.callback, stage.spent);
    }
    return Rcpp::List::create(Rcpp::Named("stage") = stages, Rcpp::Named("callback") = callbacks,
                              Rcpp::Named("calls") = calls, Rcpp::Named("seconds") = seconds);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_run_state(SEXP run) {
  return guard([&] { return to_plain_r(RunHandle::get(run).state()); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_run_load_state(SEXP run, SEXP state) {
  return guard([&] {
    RunHandle::get(run).load_state(from_plain_r(state, "state of the run"));
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_callback_state(SEXP run, SEXP id) {
  return guard([&] { return to_r(callback_called(RunHandle::get(run), id).state()); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_callback_load_state(SEXP run, SEXP id, SEXP state) {
  return guard([&] {
    callback_called(RunHandle::get(run), id).load_state(from_plain_r(state, "state of a callback"));
    return R_NilValue;
  });
}

/// The library that computes matrix products.
// [[Rcpp::export(rng = false)]]
SEXP core_blas() {
  return guard([]() -> SEXP {
    const auto blas = kernel::find_blas();
    return Rcpp::List::create(Rcpp::Named("library") = blas.library, Rcpp::Named("is_reference") = blas.is_reference,
                              Rcpp::Named("processor") = blas.processor,
                              Rcpp::Named("is_for_old_processor") = blas.is_for_old_processor);
  });
}

/// c(LibTorch's, its BLAS's, those of our own predictions)
// [[Rcpp::export(rng = false)]]
SEXP core_threads() {
  return guard([&] {
    const auto now = train::threads();
    return Rcpp::wrap(std::vector<int>{now.torch, now.blas, now.own});
  });
}

/// 0 leaves the BLAS its own number.
// [[Rcpp::export(rng = false)]]
SEXP core_set_threads(SEXP torch, SEXP blas, SEXP own) {
  return guard([&] {
    const bool keeps_blas = to_int(blas, "blas") == 0;
    train::set_threads({to_threads(torch, "num_threads"), keeps_blas ? 0 : to_threads(blas, "num_threads"),
                        to_threads(own, "num_threads")});
    return R_NilValue;
  });
}

/// Those for the work of a learner with this parameter.
// [[Rcpp::export(rng = false)]]
SEXP core_set_threads_for(SEXP threads) {
  return guard([&] {
    train::set_threads(train::threads_for(to_threads(threads, "num_threads")));
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_set_interop_threads(SEXP threads) {
  return guard([&] {
    const auto number = to_threads(threads, "num_interop_threads");
    RLogger logger;
    train::set_interop_threads(number, logger);
    return R_NilValue;
  });
}
