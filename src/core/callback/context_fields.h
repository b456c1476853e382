#pragma once

#include <ATen/core/ivalue.h>

#include <array>
#include <string>
#include <string_view>

#include "core/callback/context.h"

namespace mlr3libtorch::callback {

/// What a field holds: how it is converted for another language, and what may be written to it.
enum class FieldType : std::uint8_t {
  kCount,      // int, at least 0
  kFlag,       // bool
  kNumber,     // float, or None before there is one
  kText,       // str
  kTensor,     // Tensor, or None before there is one
  kTensors,    // Tensor[]
  kScores,     // Dict(str, float), or None before there are any
  kBatch,      // Dict: x (Tensor[], as many as the network has inputs), y, and read only: index
  kLoader,     // Dict of facts, or None
  kPlan,       // Dict: used, reasons
  kOptimizer,  // of the host language; it cannot be replaced, but its settings can be written
  kHost,       // an object of the host language, unknown to the core
};

/// A field of the context: everything that another language, its help and its checks know of it.
struct ContextField {
  using Getter = c10::IValue (*)(const Context&);
  using Setter = void (*)(Context&, const c10::IValue&);

  std::string_view name;
  std::string_view type_doc;  // the type in R's terms
  std::string_view doc;
  FieldType type;
  Getter get = nullptr;  // none for objects of the host language
  Setter set = nullptr;  // none for what can only be read; checks the value's bounds, not its type

  constexpr bool is_writable() const { return set != nullptr || type == FieldType::kOptimizer; }
};

/// The word for a type that R's side uses.
std::string_view name_of(FieldType type);

c10::IValue get_batch(const Context& context);
c10::IValue get_loader(const data::Loader* loader);
c10::IValue get_number(const std::optional<double>& number);
c10::IValue get_plan(const Context& context);
c10::IValue get_scores(const std::optional<score::NamedScores>& scores);

void set_batch(Context& context, const c10::IValue& value);
void set_eval_freq(Context& context, const c10::IValue& value);
void set_skip_step(Context& context, const c10::IValue& value);
void set_total_epochs(Context& context, const c10::IValue& value);
void set_scores(std::optional<score::NamedScores>& scores, const c10::IValue& value);

/// The one list of fields. R reads it; the part that compiled callbacks see is compared with it at compile time.
inline constexpr std::array<ContextField, 36> kContextFields{{
    {"learner", "[mlr3::Learner]", "The learner that is trained.", FieldType::kHost},
    {"task_train", "[mlr3::Task]", "The task that it is trained on.", FieldType::kHost},
    {"task_valid", "[mlr3::Task] or `NULL`", "The validation task.", FieldType::kHost},
    {"loader_train", "`torch_loader`",
     "A list that describes the training batches: `rows` of this epoch, those `visited` so far, `batches` (the "
     "`length()` of the object), `batch_size`, `shuffle` and `drop_last`. With a `sampler`, rows and batches are `NA` "
     "before the first epoch.",
     FieldType::kLoader, [](const Context& context) { return get_loader(&context.loader_train); }},
    {"loader_valid", "`torch_loader` or `NULL`", "The same for the validation batches.", FieldType::kLoader,
     [](const Context& context) { return get_loader(context.loader_valid); }},
    {"measures_train", "`list()` of [mlr3::Measure]", "Measures of the training scores.", FieldType::kHost},
    {"measures_valid", "`list()` of [mlr3::Measure]", "Measures of the validation scores.", FieldType::kHost},
    {"network", "`torch_network`", "The network, a function of its inputs; see [torch_network].", FieldType::kHost},
    {"optimizer", "`torch_optimizer`", "The optimizer; `$param_groups[[1]]$lr` can be read and written.",
     FieldType::kOptimizer},
    {"loss_fn", "`function(y_hat, y)`", "The loss.", FieldType::kHost},
    {"total_epochs", "`integer(1)`", "The epoch at which training ends.", FieldType::kCount,
     [](const Context& context) -> c10::IValue { return context.total_epochs; }, set_total_epochs},
    {"epoch", "`integer(1)`", "The epoch, from 1; 0 before the first.", FieldType::kCount,
     [](const Context& context) -> c10::IValue { return context.epoch; }},
    {"step", "`integer(1)`", "The training batch within the epoch, from 1.", FieldType::kCount,
     [](const Context& context) -> c10::IValue { return context.step; }},
    {"step_valid", "`integer(1)`", "The validation batch within the epoch, from 1.", FieldType::kCount,
     [](const Context& context) -> c10::IValue { return context.step_valid; }},
    {"global_step", "`integer(1)`", "Training batches so far, those before a resume included.", FieldType::kCount,
     [](const Context& context) -> c10::IValue { return context.global_step; }},
    {"last_loss", "`numeric(1)` or `NULL`", "The loss of the last training batch.", FieldType::kNumber,
     [](const Context& context) {
       return context.loss.defined() ? c10::IValue(context.loss.item().toDouble()) : c10::IValue();
     }},
    {"last_lr", "`numeric(1)` or `NULL`",
     "The learning rate of the last training batch, before schedules change it; that of the first parameter group.",
     FieldType::kNumber, [](const Context& context) { return get_number(context.last_rate); }},
    {"mean_loss_train", "`numeric(1)` or `NULL`",
     "The mean loss of the epoch's training batches; known from `on_before_valid` on.", FieldType::kNumber,
     [](const Context& context) { return get_number(context.mean_loss_train); }},
    {"mean_loss_valid", "`numeric(1)` or `NULL`", "The mean loss of the last validation; known in `on_valid_end`.",
     FieldType::kNumber, [](const Context& context) { return get_number(context.mean_loss_valid); }},
    {"last_scores_train", "named `list()` or `NULL`", "The last training scores.", FieldType::kScores,
     [](const Context& context) { return get_scores(context.scores_train); },
     [](Context& context, const c10::IValue& value) { set_scores(context.scores_train, value); }},
    {"last_scores_valid", "named `list()` or `NULL`", "The last validation scores.", FieldType::kScores,
     [](const Context& context) { return get_scores(context.scores_valid); },
     [](Context& context, const c10::IValue& value) { set_scores(context.scores_valid, value); }},
    {"y_hat", "`torch_tensor` or `NULL`", "The network's first output for the last batch.", FieldType::kTensor,
     [](const Context& context) { return context.y_hats.empty() ? c10::IValue() : context.y_hats.front(); }},
    {"y_hats", "`list()` of `torch_tensor`", "All outputs for the last batch.", FieldType::kTensors,
     [](const Context& context) -> c10::IValue { return context.y_hats; }},
    {"batch", "`list(x, y, .index)`",
     "The current batch; `x` is a named list of tensors. Class numbers in `y` count from 1. What a stage writes to "
     "`batch`, or into its tensors, holds for this batch only. Batches that are scored, or have case "
     "weights, keep their number of rows.",
     FieldType::kBatch, get_batch, set_batch},
    {"prediction_encoder", "`function(y_hat, task)`", "Makes predictions from outputs.", FieldType::kHost},
    {"eval_freq", "`integer(1)`", "Epochs between evaluations.", FieldType::kCount,
     [](const Context& context) -> c10::IValue { return context.eval_freq; }, set_eval_freq},
    {"evaluated", "`logical(1)`", "Whether this epoch's scores are computed; known from `on_before_valid` on.",
     FieldType::kFlag, [](const Context& context) -> c10::IValue { return context.evaluated; }},
    {"worker", "`integer(1)`", "Which worker this is, from 1, if the run is spread over several; otherwise 1.",
     FieldType::kCount, [](const Context& context) -> c10::IValue { return context.worker; }},
    {"workers", "`integer(1)`", "Over how many workers the run is spread; 1 if it is not.", FieldType::kCount,
     [](const Context& context) -> c10::IValue { return context.workers; }},
    {"device", "`character(1)`", "The device of the training.", FieldType::kText,
     [](const Context& context) -> c10::IValue { return context.network.device().str(); }},
    {"plan", "`list(used, reasons, precision)`",
     "Whether the compiled step is used; and why not, or for which nodes not: a `character()` of sentences.",
     FieldType::kPlan, get_plan},
    {"callbacks", "named `list()` of [CallbackSet]", "The live callbacks, in call order.", FieldType::kHost},
    {"terminate", "`logical(1)`", "Whether training ends after this epoch.", FieldType::kFlag,
     [](const Context& context) -> c10::IValue { return context.terminate; },
     [](Context& context, const c10::IValue& value) { context.terminate = value.toBool(); }},
    {"stopped_by", "`character(1)` or `NULL`", "The id of the callback that has set `terminate`.", FieldType::kText,
     [](const Context& context) {
       return context.stopped_by.empty() ? c10::IValue() : c10::IValue(context.stopped_by);
     }},
    {"stop_epoch", "`logical(1)`", "Whether the epoch ends after this batch.", FieldType::kFlag,
     [](const Context& context) -> c10::IValue { return context.stop_epoch; },
     [](Context& context, const c10::IValue& value) { context.stop_epoch = value.toBool(); }},
    {"skip_step", "`logical(1)`",
     "Whether the optimizer skips this batch. Written in `on_after_backward`; each batch begins with `FALSE`.",
     FieldType::kFlag, [](const Context& context) -> c10::IValue { return context.skip_step; }, set_skip_step},
}};

/// nullptr for a name that no field has.
constexpr const ContextField* find_context_field(std::string_view name) {
  for (const auto& field : kContextFields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

/// Throws base::UnknownNameError.
const ContextField& context_field(const std::string& name);

}  // namespace mlr3libtorch::callback
