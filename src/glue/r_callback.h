#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/callback/callback.h"
#include "core/callback/stage_filter.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// Throws base::UnknownNameError.
callback::Stage stage_called(const std::string& name);

/// The names of these stages, in the order of the list of stages.
Rcpp::CharacterVector stage_names(const callback::StageSet& stages);

/// A callback whose stages are R functions without arguments.
/// The call objects are made once; R's conditions pass through `run()` as they are.
class RCallback : public callback::Callback {
 public:
  /// `functions`: named by stage ("on_epoch_end"); every one is subscribed to.
  /// One with an attribute "stage_filter", list(unit, n), is called only when it is due.
  /// `everywhere`: whether it runs in each worker of a run, or in the first one only.
  RCallback(std::string id, const Rcpp::List& functions, bool everywhere);

  const std::string& id() const override { return id_; }
  callback::StageSet stages() const override { return stages_; }
  bool runs_everywhere() const override { return everywhere_; }
  bool due(callback::Stage stage, const callback::Context& context) override;
  void run(callback::Stage stage, callback::Context& context) override;
  /// The names of the stages that are not called again; R keeps the functions' own state.
  c10::IValue state() const override;
  void load_state(const c10::IValue& state) override;

 private:
  std::string id_;
  bool everywhere_;
  callback::StageSet stages_;
  std::array<Rcpp::RObject, callback::kStageCount> calls_;
  std::array<std::optional<callback::StageFilter>, callback::kStageCount> filters_;
};

}  // namespace mlr3libtorch::glue
