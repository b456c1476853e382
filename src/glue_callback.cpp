#include "convert.h"
#include "core/callback/callback.h"
#include "guard.h"

/// The stages a native callback subscribes to, in the order of the list of stages.
// [[Rcpp::export(rng = false)]]
SEXP core_callback_stages(SEXP name) {
  return mlr3libtorch::glue::guard([&]() -> SEXP {
    const auto& stages = mlr3libtorch::callback::native_stages(mlr3libtorch::glue::to_string(name, "name"));
    Rcpp::CharacterVector names;
    for (const auto& info : mlr3libtorch::callback::kStages) {
      if (stages.contains(info.stage)) names.push_back(std::string(info.name));
    }
    return names;
  });
}
