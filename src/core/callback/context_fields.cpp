#include "core/callback/context_fields.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <limits>

#include "core/base/names.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::callback {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& expected, std::int64_t given) {
  throw base::Error("argument", "'" + name + "' must be " + expected + ", not " + std::to_string(given) + ".",
                    {{"argument", name}, {"expected", expected}, {"given", std::to_string(given)}});
}

/// A batch cannot change which rows it came from, nor their weights; so their number must stay if these are used.
void check_row_count(const Context& context, std::int64_t rows) {
  if (rows == 0) throw base::ShapeError("The batch must have at least one row.");
  const auto before = context.batch.rows();
  if (rows == before || !(context.is_scored || context.batch.weights.defined())) return;
  const std::string reason =
      context.is_scored ? "are scored (parameters 'measures_train' and 'measures_valid')" : "have weights";
  throw base::ShapeError("The batch's rows " + reason + ", so their number must stay " + std::to_string(before) +
                             ", not become " + std::to_string(rows) + ".",
                         {{"rows", before}, {"given", rows}});
}

}  // namespace

std::string_view name_of(FieldType type) {
  static constexpr std::array<std::string_view, 12> kNames{"count",  "flag",  "number", "text", "tensor",    "tensors",
                                                           "scores", "batch", "loader", "plan", "optimizer", "host"};
  return kNames.at(static_cast<std::size_t>(type));
}

const ContextField& context_field(const std::string& name) {
  if (const auto* field = find_context_field(name)) return *field;
  throw base::UnknownNameError("field of the context", name, base::names_of(kContextFields, &ContextField::name));
}

c10::IValue get_batch(const Context& context) {
  if (context.batch.x.empty()) return {};
  auto shown = context.batch;
  shown.expand();
  auto batch = value::make_dictionary();
  batch.insert("x", shown.x);
  batch.insert("y", context.batch.y);
  batch.insert("index", context.batch.index);
  return batch;
}

c10::IValue get_loader(const data::Loader* loader) {
  if (loader == nullptr) return {};
  const auto& options = loader->options();
  // A sampler decides it when an epoch begins.
  const auto known = [&](std::int64_t count) { return loader->size() > 0 ? c10::IValue(count) : c10::IValue(); };
  auto facts = value::make_dictionary();
  facts.insert("rows", known(loader->order_length()));
  facts.insert("visited", loader->rows_given());
  facts.insert("batches", known(loader->size()));
  facts.insert("batch_size", options.batch_size);
  facts.insert("shuffle", options.shuffle);
  facts.insert("drop_last", options.drop_last);
  return facts;
}

c10::IValue get_number(const std::optional<double>& number) { return number ? c10::IValue(*number) : c10::IValue(); }

c10::IValue get_plan(const Context& context) {
  auto plan = value::make_dictionary();
  plan.insert("used", context.is_planned);
  plan.insert("reasons", context.reasons_against_plan);
  plan.insert("precision", kernel::name_of(context.precision));
  return plan;
}

c10::IValue get_scores(const std::optional<score::NamedScores>& scores) {
  if (!scores) return {};
  c10::Dict<std::string, double> dictionary;
  for (const auto& [id, score] : *scores) dictionary.insert(id, score);
  return dictionary;
}

void set_scores(std::optional<score::NamedScores>& scores, const c10::IValue& value) {
  if (value.isNone()) {
    scores.reset();
    return;
  }
  scores.emplace();
  for (const auto& entry : value.toGenericDict()) {
    scores->emplace_back(entry.key().toStringRef(), entry.value().toDouble());
  }
}

void set_batch(Context& context, const c10::IValue& value) {
  const auto batch = value.toGenericDict();
  auto x = batch.at("x").toTensorVector();
  auto y = batch.at("y").toTensor();
  const auto fits = [&](const at::Tensor& tensor) {
    return tensor.dim() > 0 && y.dim() > 0 && tensor.size(0) == y.size(0);
  };
  if (!std::all_of(x.begin(), x.end(), fits)) {
    throw base::ShapeError("The batch's x and y must have the same number of rows.");
  }
  check_row_count(context, y.size(0));
  data::check_target(y, context.classes);
  context.batch.x = std::move(x);
  context.batch.y = std::move(y);
  context.batch.is_view = false;
}

void set_eval_freq(Context& context, const c10::IValue& value) {
  if (value.toInt() < 1) refuse("eval_freq", "at least 1", value.toInt());
  context.eval_freq = value.toInt();
}

void set_total_epochs(Context& context, const c10::IValue& value) {
  if (value.toInt() < context.epoch) {
    refuse("total_epochs", "at least " + std::to_string(context.epoch) + ", the epoch that is running", value.toInt());
  }
  context.total_epochs = value.toInt();
}

/// Elsewhere it would have no effect: it is reset before each batch, and after the update it is too late.
void set_skip_step(Context& context, const c10::IValue& value) {
  if (!context.running || context.running->stage != Stage::kAfterBackward) {
    throw base::ConfigError("The context's field 'skip_step' can be set only in the stage 'on_after_backward'.");
  }
  context.skip_step = value.toBool();
}

}  // namespace mlr3libtorch::callback
