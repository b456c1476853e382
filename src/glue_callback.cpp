#include "convert.h"
#include "core/callback/callback.h"
#include "core/callback/schedule.h"
#include "guard.h"

/// The stages a native callback subscribes to, in the order of the list of stages.
// [[Rcpp::export(rng = false)]]
SEXP core_callback_stages(SEXP name) {
  return mlr3libtorch::glue::guard([&]() -> SEXP {
    const auto& stages = mlr3libtorch::callback::native_facts(mlr3libtorch::glue::to_string(name, "name")).stages;
    Rcpp::CharacterVector names;
    for (const auto& info : mlr3libtorch::callback::kStages) {
      if (stages.contains(info.stage)) names.push_back(std::string(info.name));
    }
    return names;
  });
}

/// The rates that a schedule gives a parameter group, and its momentum or NULL, at each of `total` positions.
// [[Rcpp::export(rng = false)]]
SEXP core_schedule_values(SEXP name, SEXP arguments, SEXP initial, SEXP total) {
  namespace callback = mlr3libtorch::callback;
  namespace glue = mlr3libtorch::glue;
  return glue::guard([&]() -> SEXP {
    const auto& registry = callback::schedules();
    const auto key = glue::to_string(name, "name");
    const auto values =
        glue::to_named_values(glue::to_list(arguments, "arguments"), registry.at(key).schema, "schedule '" + key + "'");
    const auto schedule = registry.make(key, registry.bind(key, values));
    const auto rate = glue::to_double(initial, "initial");
    const auto count = glue::to_int(total, "total");
    constexpr std::int64_t kMost = 10000000;
    if (count < 1 || count > kMost) glue::refuse_value("total", "between 1 and 1e7", total);
    std::vector<double> rates, momenta;
    for (callback::Position position{0, count}; position.index < count; ++position.index) {
      rates.push_back(schedule->rate(position, rate));
      if (const auto momentum = schedule->momentum(position)) momenta.push_back(*momentum);
    }
    return Rcpp::List::create(Rcpp::Named("lr") = rates,
                              Rcpp::Named("momentum") = momenta.empty() ? R_NilValue : Rcpp::wrap(momenta));
  });
}
