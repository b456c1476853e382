#pragma once

#include "core/network/network.h"
#include "core/train/run.h"
#include "glue/handle.h"

namespace mlr3libtorch::glue {

template <>
struct HandleName<network::Network> {
  static constexpr const char* tag = "mlr3libtorch_network";
  static constexpr const char* what = "network";
  static constexpr const char* r_class = "torch_network";
  static constexpr const char* ended = "This network is gone.";
};

template <>
struct HandleName<at::Generator> {
  static constexpr const char* tag = "mlr3libtorch_generator";
  static constexpr const char* what = "generator";
  static constexpr const char* r_class = "torch_generator";
  static constexpr const char* ended = "This generator is gone.";
};

template <>
struct HandleName<train::Run> {
  static constexpr const char* tag = "mlr3libtorch_run";
  static constexpr const char* what = "training context";
  static constexpr const char* r_class = "torch_run";
  static constexpr const char* ended =
      "The training that this context belonged to has ended: a context exists only during $train(). "
      "Copy what you need later while a stage runs.";
};

using NetworkHandle = Handle<network::Network>;
using GeneratorHandle = Handle<at::Generator>;
using RunHandle = Handle<train::Run>;

/// A named list of tensor handles as tensors, in the order of `names`; unnamed elements and unknown names are refused.
/// Integers are class numbers, which count from 1 in R.
std::vector<at::Tensor> to_tensors(SEXP list, const std::vector<std::string>& names, const std::string& what);
Rcpp::List named_tensors_to_r(const network::NamedTensors& tensors);

}  // namespace mlr3libtorch::glue
