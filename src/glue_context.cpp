#include <ATen/ops/add.h>
#include <ATen/core/jit_type.h>

#include "core/callback/context_fields.h"
#include "core/value/plain_state.h"
#include "glue/batch_loan.h"
#include "glue/convert.h"
#include "glue/guard.h"
#include "glue/index_base.h"
#include "glue/run_handle.h"
#include "glue/score_board.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

using callback::Context;
using callback::ContextField;
using callback::FieldType;

SEXP batch_to_r(Context& context) {
  if (context.batch.x.empty()) return R_NilValue;
  const auto lent = BatchLoan::lend_x(context);
  network::NamedTensors x;
  for (std::size_t i = 0; i < lent.size(); ++i) x.emplace_back(context.network.inputs()[i], lent[i]);
  return Rcpp::List::create(Rcpp::Named("x") = named_tensors_to_r(x),
                            Rcpp::Named("y") = wrap_tensor_or_null(BatchLoan::lend_y(context)),
                            Rcpp::Named(".index") = wrap_tensor(at::add(context.batch.index, 1)));
}

c10::IValue batch_from_r(Context& context, SEXP value) {
  const auto list = to_list(value, "batch");
  auto batch = value::make_dictionary();
  batch.insert("x", to_tensors(list_element(list, "x", "batch"), context.network.inputs(), "x of the batch"));
  batch.insert("y", classes_from_r(unwrap_tensor(list_element(list, "y", "batch"))));
  return batch;
}

SEXP field_to_r(const ContextField& field, Context& context) {
  if (field.type == FieldType::kBatch) return batch_to_r(context);
  return to_r(field.get(context));
}

c10::IValue field_from_r(const ContextField& field, Context& context, SEXP value) {
  const std::string name(field.name);
  switch (field.type) {
    case FieldType::kBatch:
      return batch_from_r(context, value);
    case FieldType::kFlag:
      return to_bool(value, name);
    case FieldType::kCount:
      return to_int(value, name);
    default:
      return Rf_isNull(value) ? c10::IValue() : callback::get_scores(to_scores(value, name));
  }
}

/// The core's field of that name; fields of the host language are refused.
const ContextField& core_field(SEXP name) {
  const auto text = to_string(name, "field");
  const auto& field = callback::context_field(text);
  if (field.get == nullptr) throw base::Error("argument", "The field '" + text + "' does not belong to the core.");
  return field;
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_context_get(SEXP run, SEXP field) {
  return guard([&] { return field_to_r(core_field(field), RunHandle::get(run).context()); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_context_set(SEXP run, SEXP field, SEXP value) {
  return guard([&] {
    const auto& access = core_field(field);
    if (access.set == nullptr) {
      throw base::ConfigError("The context's field '" + std::string(access.name) + "' is read-only.");
    }
    auto& context = RunHandle::get(run).context();
    const auto converted = field_from_r(access, context, value);
    access.set(context, converted);
    if (access.type == FieldType::kBatch) BatchLoan::forget(context);
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_context_fields() {
  return guard([]() -> SEXP {
    Rcpp::List fields;
    for (const auto& field : callback::kContextFields) {
      fields[std::string(field.name)] = Rcpp::List::create(
          Rcpp::Named("doc") = "(" + std::string(field.type_doc) + ") " + std::string(field.doc),
          Rcpp::Named("type") = std::string(callback::name_of(field.type)),
          Rcpp::Named("writable") = field.is_writable(), Rcpp::Named("is_core") = field.get != nullptr);
    }
    return fields;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_loss(SEXP run, SEXP y_hat, SEXP y) {
  return guard([&] {
    const auto& loss_fn = RunHandle::get(run).context().loss_fn;
    return wrap_tensor(loss_fn.forward(unwrap_tensor(y_hat), classes_from_r(unwrap_tensor(y))));
  });
}
