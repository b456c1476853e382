#include <ATen/core/ivalue.h>

#include <map>
#include <string>
#include <vector>

#include "convert.h"
#include "core/base/error.h"
#include "core/callback/callback.h"
#include "core/loss/loss.h"
#include "core/network/operation.h"
#include "core/optim/optimizer.h"
#include "core/score/score.h"
#include "guard.h"
#include "r_callback.h"

namespace {

namespace callback = mlr3libtorch::callback;
namespace glue = mlr3libtorch::glue;

template <class Registry>
Rcpp::List entries_to_r(const Registry& registry) {
  Rcpp::List result;
  for (const auto& [name, entry] : registry.entries()) result[name] = glue::schema_to_r(entry);
  return result;
}

/// A native callback also says which stages it runs in, and its weight.
Rcpp::List callbacks_to_r() {
  auto result = entries_to_r(callback::callbacks());
  for (const auto& name : callback::callbacks().names()) {
    const auto& facts = callback::native_facts(name);
    Rcpp::List entry = result[name];
    entry["stages"] = glue::stage_names(facts.stages);
    entry["weight"] = facts.weight;
    result[name] = entry;
  }
  return result;
}

/// An operation also says how many inputs it takes; more than one of them may be any number.
Rcpp::List operations_to_r() {
  namespace network = mlr3libtorch::network;
  auto result = entries_to_r(network::operations());
  for (const auto& name : network::operations().names()) {
    const auto count = network::input_count(name);
    const bool any = count.most == network::kAnyNumber.most;
    Rcpp::List entry = result[name];
    entry["inputs"] =
        Rcpp::NumericVector::create(static_cast<double>(count.least), any ? R_PosInf : static_cast<double>(count.most));
    result[name] = entry;
  }
  return result;
}

using Reader = Rcpp::List (*)();

/// Every kind of thing that describes itself.
const std::map<std::string, Reader>& registries() {
  static const std::map<std::string, Reader> all{
      {"callback", callbacks_to_r},
      {"loss", [] { return entries_to_r(mlr3libtorch::loss::losses()); }},
      {"operation", operations_to_r},
      {"optimizer", [] { return entries_to_r(mlr3libtorch::optim::update_rules()); }},
      {"score", [] { return entries_to_r(mlr3libtorch::score::scores()); }},
  };
  return all;
}

}  // namespace

// [[Rcpp::export(rng = false)]]
Rcpp::List core_registry(SEXP kind) {
  return glue::guard([&] {
    const auto name = glue::to_string(kind, "kind");
    const auto found = registries().find(name);
    if (found != registries().end()) return found->second();
    std::vector<std::string> known;
    for (const auto& [registry, reader] : registries()) known.push_back(registry);
    throw mlr3libtorch::base::UnknownNameError("registry", name, std::move(known));
  });
}
