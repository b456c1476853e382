#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/network/batch_averages.h"
#include "core/network/layer.h"
#include "core/network/operation.h"
#include <Rcpp.h>

namespace mlr3libtorch::glue {

/// How the layers of a module that is written in R compute when the module is called in this mode, or alone.
/// `training`: what the layer itself is set to.
network::ForwardMode layer_mode(bool training);

/// A node whose forward is written in R: a function, or a module with tensors of its own and layers of the registry.
/// Its R side is `start_module()` in R/module_start.R.
class RModule : public network::Operation, public network::BatchAverages {
 public:
  /// `definition`: what `function_data()` has written. Runs the function, which makes the layers whose sizes are not
  /// known yet: once, or a second time as if in training if there are layers that it has not called.
  RModule(const at::Tensor& definition, const network::BuildInput& build);

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const network::ForwardMode& mode) override;
  std::vector<network::Slot> parameters() override { return parameters_; }
  std::vector<network::Slot> buffers() override { return buffers_; }
  bool has_dropout() const override;
  bool is_user_code() const override { return true; }
  bool normalises_batches() const override;
  bool begin_plain_means() override;
  void end_plain_means() override;

  /// The module in R, which shares its tensors with this; NULL for a function.
  SEXP module() const { return module_; }

 private:
  using OwnTensors = std::vector<std::pair<std::string, at::Tensor>>;

  void start(const at::Tensor& definition);
  void build_for_training(const network::BuildInput& build);
  void list_tensors(SEXP tensors);
  at::Tensor run(const std::vector<at::Tensor>& inputs, const network::ForwardMode& mode, bool shows_training);
  at::Tensor checked(SEXP result, const std::vector<at::Tensor>& inputs) const;

  std::string node_;
  Rcpp::RObject forward_;
  Rcpp::RObject module_;
  std::vector<std::pair<std::string, std::shared_ptr<network::Layer>>> layers_;
  OwnTensors own_parameters_;
  OwnTensors own_buffers_;
  std::vector<network::Slot> parameters_;
  std::vector<network::Slot> buffers_;
};

}  // namespace mlr3libtorch::glue
