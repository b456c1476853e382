#include "core/callback/stage.h"
#include "glue/guard.h"

// [[Rcpp::interfaces(r)]]

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_stages() {
  return guard([]() -> SEXP {
    Rcpp::CharacterVector names;
    Rcpp::CharacterVector docs;
    for (const auto& stage : callback::kStages) {
      names.push_back(std::string(stage.name));
      docs.push_back(std::string(stage.doc));
    }
    return Rcpp::List::create(Rcpp::Named("name") = names, Rcpp::Named("doc") = docs);
  });
}
