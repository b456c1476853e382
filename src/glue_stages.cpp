#include "core/callback/stage.h"
#include "guard.h"

// [[Rcpp::interfaces(r)]]

// [[Rcpp::export(rng = false)]]
Rcpp::List core_stages() {
  return mlr3libtorch::glue::guard([] {
    Rcpp::CharacterVector names;
    Rcpp::CharacterVector docs;
    for (const auto& stage : mlr3libtorch::callback::kStages) {
      names.push_back(std::string(stage.name));
      docs.push_back(std::string(stage.doc));
    }
    return Rcpp::List::create(Rcpp::Named("name") = names, Rcpp::Named("doc") = docs);
  });
}
