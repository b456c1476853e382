#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/network/batch_averages.h"
#include "core/network/operation.h"
#include "core/network/spec.h"
#include "glue/handle.h"

namespace mlr3libtorch::glue {

class RModule;

/// The handle by which the R side of a module gets its tensors and layers.
struct ModuleAccess {
  RModule& module;
};

template <>
struct HandleName<ModuleAccess> {
  static constexpr const char* kTag = "mlr3libtorch_module";
  static constexpr const char* kWhat = "module of a network";
  static constexpr const char* kRClass = "torch_module_handle";
  static constexpr const char* kEnded = "The network that this module belonged to is gone.";
};

using ModuleHandle = Handle<ModuleAccess>;

/// A node whose forward is an R function, with parameters, buffers and layers of the registry that the function calls.
/// Its R side is `start_module()` in R/network_module.R.
class RModule : public network::Operation, public network::BatchAverages {
 public:
  using Tensors = std::map<std::string, at::Tensor>;

  /// `definition`: what `module_definition()` has written. Runs the function, which builds the layers: once, or a
  /// second time as if in training if there are layers that it has not called.
  RModule(const at::Tensor& definition, Tensors parameters, Tensors buffers, const network::BuildInput& build);
  ~RModule() override;
  RModule(const RModule&) = delete;
  RModule& operator=(const RModule&) = delete;

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const network::ForwardMode& mode) override;
  std::vector<network::Slot> parameters() override;
  std::vector<network::Slot> buffers() override;
  bool has_dropout() const override;
  bool is_user_code() const override { return true; }
  bool normalises_batches() const override;
  bool begin_plain_means() override;
  void end_plain_means() override;

  // For the R function.
  const at::Tensor& tensor(const std::string& name) const;
  /// Only while `forward()` is running. The first call of a layer builds it; one with weights must be called at once.
  at::Tensor call_layer(const std::string& name, const std::vector<at::Tensor>& inputs);
  bool is_training() const { return shows_training_ || (mode_ != nullptr && mode_->training); }

 private:
  struct Layer {
    network::Node node;
    std::unique_ptr<network::Operation> operation;
  };

  void build_for_training(const network::BuildInput& build);
  at::Tensor checked(SEXP result, const std::vector<at::Tensor>& inputs) const;
  void build(Layer& layer, const std::vector<at::Tensor>& inputs) const;

  std::string node_;
  Tensors parameters_;
  Tensors buffers_;
  std::map<std::string, Layer> layers_;
  Rcpp::RObject handle_;
  Rcpp::RObject forward_;
  const network::ForwardMode* mode_ = nullptr;
  /// Sets `training` for the function, while the layers compute as outside of training.
  bool shows_training_ = false;
  /// Weights that are made later would not be part of the network.
  bool is_built_ = false;
};

}  // namespace mlr3libtorch::glue
