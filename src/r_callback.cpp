#include "r_callback.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace mlr3libtorch::glue {
namespace {

callback::Stage stage_called(const std::string& name) {
  const auto& stages = callback::kStages;
  const auto found = std::find_if(stages.begin(), stages.end(), [&](const auto& info) { return info.name == name; });
  if (found != stages.end()) return found->stage;
  std::vector<std::string> known;
  for (const auto& info : stages) known.emplace_back(info.name);
  throw base::UnknownNameError("stage", name, known);
}

}  // namespace

RCallback::RCallback(std::string id, const Rcpp::List& functions) : id_(std::move(id)) {
  if (functions.size() == 0) return;
  const Rcpp::CharacterVector names = functions.names();
  for (R_xlen_t i = 0; i < functions.size(); ++i) {
    const auto stage = stage_called(Rcpp::as<std::string>(names[i]));
    stages_.add(stage);
    calls_[static_cast<std::size_t>(stage)] = Rf_lang1(functions[i]);
  }
}

void RCallback::run(callback::Stage stage, callback::Context& /*context*/) {
  Rcpp::Rcpp_fast_eval(calls_[static_cast<std::size_t>(stage)], R_GlobalEnv);
}

}  // namespace mlr3libtorch::glue
