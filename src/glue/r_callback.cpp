#include "glue/r_callback.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/value/plain_state.h"
#include "glue/batch_loan.h"
#include "glue/convert.h"

namespace mlr3libtorch::glue {

callback::Stage stage_called(const std::string& name) {
  const auto& stages = callback::kStages;
  const auto found = std::find_if(stages.begin(), stages.end(), [&](const auto& info) { return info.name == name; });
  if (found != stages.end()) return found->stage;
  throw base::UnknownNameError("stage", name, base::names_of(stages, &callback::StageInfo::name));
}

namespace {

std::optional<callback::StageFilter> filter_of(SEXP function) {
  const Rcpp::RObject mark = Rf_getAttrib(function, Rf_install("stage_filter"));
  if (mark.isNULL()) return std::nullopt;
  const auto facts = to_list(mark, "stage_filter");
  return callback::StageFilter(to_string(list_element(facts, "unit", "stage_filter"), "unit"),
                               to_double(list_element(facts, "n", "stage_filter"), "n"));
}

}  // namespace

Rcpp::CharacterVector stage_names(const callback::StageSet& stages) {
  Rcpp::CharacterVector names;
  for (const auto& info : callback::kStages) {
    if (stages.contains(info.stage)) names.push_back(std::string(info.name));
  }
  return names;
}

RCallback::RCallback(std::string id, const Rcpp::List& functions, bool everywhere)
    : id_(std::move(id)), everywhere_(everywhere) {
  if (functions.size() == 0) return;
  const Rcpp::CharacterVector names = functions.names();
  for (R_xlen_t i = 0; i < functions.size(); ++i) {
    const auto stage = stage_called(Rcpp::as<std::string>(names[i]));
    stages_.add(stage);
    calls_[static_cast<std::size_t>(stage)] = Rf_lang1(functions[i]);
    filters_[static_cast<std::size_t>(stage)] = filter_of(functions[i]);
  }
}

bool RCallback::due(callback::Stage stage, const callback::Context& context) {
  auto& filter = filters_[static_cast<std::size_t>(stage)];
  return !filter || filter->due(stage, context);
}

c10::IValue RCallback::state() const {
  auto done = value::make_list();
  for (const auto& info : callback::kStages) {
    const auto& filter = filters_[static_cast<std::size_t>(info.stage)];
    if (filter && filter->is_done()) done.push_back(std::string(info.name));
  }
  return done.empty() ? c10::IValue() : c10::IValue(done);
}

void RCallback::load_state(const c10::IValue& state) {
  for (const auto& name : value::read_strings(state, "the stages that are not called again")) {
    auto& filter = filters_[static_cast<std::size_t>(stage_called(name))];
    if (filter) filter->set_done();
  }
}

void RCallback::run(callback::Stage stage, callback::Context& context) {
  BatchLoan loan(context);
  Rcpp::Rcpp_fast_eval(calls_[static_cast<std::size_t>(stage)], R_GlobalEnv);
  loan.take_back();
  context.network.bring_parameters_home();
}

}  // namespace mlr3libtorch::glue
