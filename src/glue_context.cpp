#include <ATen/ops/add.h>

#include <functional>
#include <map>

#include "batch_loan.h"
#include "convert.h"
#include "core/callback/context.h"
#include "guard.h"
#include "index_base.h"
#include "run_handle.h"
#include "score_board.h"
#include "tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

using callback::Context;

struct Field {
  std::function<SEXP(train::Run&)> get;
  std::function<void(Context&, SEXP)> set = nullptr;  // read-only without
};

SEXP number(std::int64_t value) { return to_r(value); }

SEXP maybe_tensor(const at::Tensor& tensor) { return tensor.defined() ? wrap_tensor(tensor) : R_NilValue; }

SEXP loader_facts(const data::Loader* loader) {
  if (loader == nullptr) return R_NilValue;
  const auto& options = loader->options();
  // A sampler decides when an epoch begins.
  const auto known = [&](std::int64_t count) { return loader->size() > 0 ? static_cast<double>(count) : NA_REAL; };
  Rcpp::List facts =
      Rcpp::List::create(Rcpp::Named("rows") = known(loader->order_length()),
                         Rcpp::Named("visited") = static_cast<double>(loader->rows_given()),
                         Rcpp::Named("batches") = known(loader->size()),
                         Rcpp::Named("batch_size") = static_cast<double>(options.batch_size),
                         Rcpp::Named("shuffle") = options.shuffle, Rcpp::Named("drop_last") = options.drop_last);
  facts.attr("class") = "torch_loader";
  return facts;
}

SEXP get_batch(train::Run& run) {
  auto& context = run.context();
  if (context.batch.x.empty()) return R_NilValue;
  const auto lent = BatchLoan::lend_x(context);
  network::NamedTensors x;
  for (std::size_t i = 0; i < lent.size(); ++i) x.emplace_back(run.network()->inputs()[i], lent[i]);
  return Rcpp::List::create(Rcpp::Named("x") = named_tensors_to_r(x),
                            Rcpp::Named("y") = maybe_tensor(BatchLoan::lend_y(context)),
                            Rcpp::Named(".index") = wrap_tensor(at::add(context.batch.index, 1)));
}

/// Which rows a batch came from, and what those weigh, stay facts; so their number must stay where somebody needs them.
void check_row_count(const Context& context, std::int64_t rows) {
  if (rows == 0) throw base::ShapeError("The batch must have at least one row.");
  const auto before = context.batch.rows();
  if (rows == before || !(context.is_scored || context.batch.weights.defined())) return;
  const std::string reason =
      context.is_scored ? "are scored (parameters 'measures_train' and 'measures_valid')" : "have weights";
  throw base::ShapeError("The batch's rows " + reason + ", so their number must stay " + std::to_string(before) +
                             ", but it is to become " + std::to_string(rows) + ".",
                         {{"rows", before}, {"given", rows}});
}

void set_batch(Context& context, SEXP value) {
  const auto list = to_list(value, "batch");
  auto x = to_tensors(list_element(list, "x", "batch"), context.network.inputs(), "x of the batch");
  auto y = classes_from_r(unwrap_tensor(list_element(list, "y", "batch")));
  for (const auto& tensor : x) {
    if (tensor.dim() > 0 && y.dim() > 0 && tensor.size(0) == y.size(0)) continue;
    throw base::ShapeError("The batch's x and y must have the same number of rows.");
  }
  check_row_count(context, y.size(0));
  data::check_target(y, context.classes);
  BatchLoan::forget(context);
  context.batch.x = std::move(x);
  context.batch.y = std::move(y);
  context.batch.is_view = false;
}

SEXP get_y_hats(train::Run& run) {
  const auto& y_hats = run.context().y_hats;
  Rcpp::List list(y_hats.size());
  for (std::size_t i = 0; i < y_hats.size(); ++i) list[i] = wrap_tensor(y_hats[i]);
  return list;
}

SEXP get_plan(train::Run& run) {
  const auto& step = run.step();
  return Rcpp::List::create(Rcpp::Named("used") = step.is_planned, Rcpp::Named("hindrances") = step.hindrances);
}

void set_total_epochs(Context& context, SEXP value) {
  const auto epochs = to_int(value, "total_epochs");
  if (epochs < context.epoch) refuse_value("total_epochs", "at least the epoch that is running", value);
  context.total_epochs = epochs;
}

void set_eval_freq(Context& context, SEXP value) {
  const auto frequency = to_int(value, "eval_freq");
  if (frequency < 1) refuse_value("eval_freq", "at least 1", value);
  context.eval_freq = frequency;
}

/// Elsewhere it would do nothing: it is reset before each batch, and after the update it is too late.
void set_skip_step(Context& context, SEXP value) {
  const auto skip = to_bool(value, "skip_step");
  if (!context.running || context.running->stage != callback::Stage::kAfterBackward) {
    throw base::ConfigError("The context's field 'skip_step' can be set in the stage 'on_after_backward' only.");
  }
  context.skip_step = skip;
}

using Run = train::Run;
using Scores = std::optional<score::NamedScores>;

SEXP maybe_scores(const Scores& scores) { return scores ? SEXP(scores_to_r(*scores)) : R_NilValue; }

Scores to_maybe_scores(SEXP value, const std::string& what) {
  if (Rf_isNull(value)) return std::nullopt;
  return to_scores(value, what);
}

const std::map<std::string, Field>& fields() {
  static const std::map<std::string, Field> table{
      {"total_epochs", {[](Run& run) { return number(run.context().total_epochs); }, set_total_epochs}},
      {"eval_freq", {[](Run& run) { return number(run.context().eval_freq); }, set_eval_freq}},
      {"epoch", {[](Run& run) { return number(run.context().epoch); }}},
      {"step", {[](Run& run) { return number(run.context().step); }}},
      {"step_valid", {[](Run& run) { return number(run.context().step_valid); }}},
      {"global_step", {[](Run& run) { return number(run.context().global_step); }}},
      {"evaluated", {[](Run& run) { return Rf_ScalarLogical(run.context().evaluated); }}},
      {"terminate",
       {[](Run& run) { return Rf_ScalarLogical(run.context().terminate); },
        [](Context& context, SEXP value) { context.terminate = to_bool(value, "terminate"); }}},
      {"stop_epoch",
       {[](Run& run) { return Rf_ScalarLogical(run.context().stop_epoch); },
        [](Context& context, SEXP value) { context.stop_epoch = to_bool(value, "stop_epoch"); }}},
      {"skip_step", {[](Run& run) { return Rf_ScalarLogical(run.context().skip_step); }, set_skip_step}},
      {"last_loss", {[](Run& run) {
         const auto& loss = run.context().loss;
         return loss.defined() ? Rf_ScalarReal(loss.item().toDouble()) : R_NilValue;
       }}},
      {"last_scores_train",
       {[](Run& run) { return maybe_scores(run.context().scores_train); },
        [](Context& context, SEXP value) { context.scores_train = to_maybe_scores(value, "last_scores_train"); }}},
      {"last_scores_valid",
       {[](Run& run) { return maybe_scores(run.context().scores_valid); },
        [](Context& context, SEXP value) { context.scores_valid = to_maybe_scores(value, "last_scores_valid"); }}},
      {"y_hat", {[](Run& run) {
         const auto& y_hats = run.context().y_hats;
         return y_hats.empty() ? R_NilValue : wrap_tensor(y_hats.front());
       }}},
      {"y_hats", {get_y_hats}},
      {"batch", {get_batch, set_batch}},
      {"network", {[](Run& run) { return NetworkHandle::make(run.network()); }}},
      {"device", {[](Run& run) { return Rcpp::wrap(run.network()->device().str()); }}},
      {"plan", {get_plan}},
      {"loader_train", {[](Run& run) { return loader_facts(&run.context().loader_train); }}},
      {"loader_valid", {[](Run& run) { return loader_facts(run.context().loader_valid); }}},
  };
  return table;
}

const Field& field_called(SEXP name) {
  const auto text = to_string(name, "field");
  const auto found = fields().find(text);
  if (found != fields().end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [field, access] : fields()) known.push_back(field);
  throw base::UnknownNameError("field of the context", text, known);
}

optim::ParameterGroup& group_at(Run& run, SEXP index) {
  auto& groups = run.context().optimizer.groups();
  const auto position = to_int(index, "group");
  if (position < 1 || position > static_cast<std::int64_t>(groups.size())) {
    refuse_value("group", "between 1 and " + std::to_string(groups.size()), index);
  }
  return groups[static_cast<std::size_t>(position - 1)];
}

Rcpp::List group_to_r(Run& run, const optim::ParameterGroup& group) {
  Rcpp::List list;
  Rcpp::CharacterVector names;
  for (const auto range : group.ranges) names.push_back(run.network()->memory().ranges[range].name);
  list["params"] = names;
  for (const auto& [name, value] : group.settings.values()) list[name] = to_r(value);
  return list;
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_context_get(SEXP run, SEXP field) {
  return guard([&] { return field_called(field).get(RunHandle::get(run)); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_context_set(SEXP run, SEXP field, SEXP value) {
  return guard([&] {
    const auto& access = field_called(field);
    if (!access.set) {
      throw base::ConfigError("The context's field '" + to_string(field, "field") + "' is read-only.");
    }
    access.set(RunHandle::get(run).context(), value);
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_context_fields() {
  return guard([]() -> SEXP {
    Rcpp::CharacterVector names;
    Rcpp::LogicalVector writable;
    for (const auto& [name, field] : fields()) {
      names.push_back(name);
      writable.push_back(static_cast<bool>(field.set));
    }
    writable.names() = names;
    return writable;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_groups(SEXP run) {
  return guard([&]() -> SEXP {
    auto& owner = RunHandle::get(run);
    Rcpp::List groups;
    for (const auto& group : owner.context().optimizer.groups()) groups.push_back(group_to_r(owner, group));
    return groups;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_set(SEXP run, SEXP group, SEXP settings) {
  return guard([&] {
    auto& owner = RunHandle::get(run);
    auto& target = group_at(owner, group);
    const auto& name = owner.context().optimizer.name();
    const auto& schema = optim::update_rules().at(name).schema;
    const auto values = to_named_values(to_list(settings, "settings"), schema, "optimizer '" + name + "'");
    for (const auto& [setting, value] : values) target.settings.set(setting, value);
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_loss(SEXP run, SEXP y_hat, SEXP y) {
  return guard([&] {
    const auto& loss_fn = RunHandle::get(run).context().loss_fn;
    return wrap_tensor(loss_fn.forward(unwrap_tensor(y_hat), classes_from_r(unwrap_tensor(y))));
  });
}
