#include "core/callback/callback.h"
#include "core/callback/schedule.h"
#include "glue/convert.h"
#include "glue/guard.h"
#include "glue/r_callback.h"

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

/// The stages a native callback subscribes to with these arguments, in the order of the list of stages; all that it
/// may subscribe to if they are NULL.
// [[Rcpp::export(rng = false)]]
SEXP core_callback_stages(SEXP name, SEXP arguments) {
  return guard([&]() -> SEXP {
    const auto key = to_string(name, "name");
    const auto& entry = callback::callbacks().at(key);
    if (Rf_isNull(arguments)) return stage_names(entry.facts.stages);
    const auto values = to_named_values(to_list(arguments, "arguments"), entry.schema, "callback '" + key + "'");
    return stage_names(callback::make_native(key, values, key)->stages());
  });
}

/// The rates that a schedule gives a parameter group, and its momentum or NULL, at each of `total` positions.
// [[Rcpp::export(rng = false)]]
SEXP core_schedule_values(SEXP name, SEXP arguments, SEXP initial, SEXP total) {
  return guard([&]() -> SEXP {
    const auto& registry = callback::schedules();
    const auto key = to_string(name, "name");
    const auto& schema = registry.at(key).schema;
    const auto values = to_named_values(to_list(arguments, "arguments"), schema, "schedule '" + key + "'");
    const auto schedule = registry.make(key, registry.bind(key, values));
    const auto rate = to_double(initial, "initial");
    const auto count = to_int_from(total, "total", 1, 10000000);
    std::vector<double> rates, momenta;
    for (callback::Position position{0, count}; position.index < count; ++position.index) {
      rates.push_back(schedule->rate(position, rate));
      if (const auto momentum = schedule->momentum(position)) momenta.push_back(*momentum);
    }
    const Rcpp::RObject shown = momenta.empty() ? R_NilValue : Rcpp::wrap(momenta);
    return Rcpp::List::create(Rcpp::Named("lr") = rates, Rcpp::Named("momentum") = shown);
  });
}
