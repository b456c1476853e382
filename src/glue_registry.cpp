#include <ATen/core/ivalue.h>

#include <map>
#include <string>

#include "core/base/names.h"
#include "core/callback/callback.h"
#include "core/image/transform.h"
#include "core/loss/loss.h"
#include "core/network/operation.h"
#include "core/optim/optimizer.h"
#include "core/score/score.h"
#include "glue/convert.h"
#include "glue/guard.h"
#include "glue/r_callback.h"

namespace mlr3libtorch::glue {
namespace {

void add_facts(Rcpp::List& /*entry*/, const value::NoFacts& /*facts*/) {}

void add_facts(Rcpp::List& entry, const callback::CallbackFacts& facts) {
  entry["stages"] = stage_names(facts.stages);
  entry["weight"] = facts.weight;
}

/// How many inputs an operation takes; more than one of them may be any number.
void add_facts(Rcpp::List& entry, const network::InputCount& count) {
  const bool any = count.most == network::kAnyNumber.most;
  entry["inputs"] =
      Rcpp::NumericVector::create(static_cast<double>(count.least), any ? R_PosInf : static_cast<double>(count.most));
}

void add_facts(Rcpp::List& entry, const image::TransformFacts& facts) {
  entry["random"] = facts.is_random;
  entry["has_parts"] = facts.has_parts;
}

template <class Registry>
Rcpp::List entries_to_r(const Registry& registry) {
  Rcpp::List result;
  for (const auto& [name, registered] : registry.entries()) {
    auto entry = schema_to_r(registered);
    add_facts(entry, registered.facts);
    result[name] = entry;
  }
  return result;
}

using RegistryReader = Rcpp::List (*)();

/// Every kind of thing that describes itself.
const std::map<std::string, RegistryReader>& registries() {
  static const std::map<std::string, RegistryReader> all{
      {"callback", [] { return entries_to_r(callback::callbacks()); }},
      {"loss", [] { return entries_to_r(loss::losses()); }},
      {"operation", [] { return entries_to_r(network::operations()); }},
      {"optimizer", [] { return entries_to_r(optim::update_rules()); }},
      {"score", [] { return entries_to_r(score::scores()); }},
      {"transformation", [] { return entries_to_r(image::transforms()); }},
  };
  return all;
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

// [[Rcpp::export(rng = false)]]
SEXP core_registry(SEXP kind) {
  return guard([&]() -> SEXP { return base::value_called(registries(), "registry", to_string(kind, "kind"))(); });
}
