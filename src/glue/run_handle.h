#pragma once

#include "core/network/network.h"
#include "core/train/run.h"
#include "glue/handle.h"

namespace mlr3libtorch::glue {

template <>
struct HandleName<network::Network> {
  static constexpr const char* kTag = "mlr3libtorch_network";
  static constexpr const char* kWhat = "network";
  static constexpr const char* kRClass = "torch_network_handle";
  static constexpr const char* kEnded = "This network is gone.";
};

template <>
struct HandleName<at::Generator> {
  static constexpr const char* kTag = "mlr3libtorch_generator";
  static constexpr const char* kWhat = "generator";
  static constexpr const char* kRClass = "torch_generator";
  static constexpr const char* kEnded = "This generator is gone.";
};

template <>
struct HandleName<train::Run> {
  static constexpr const char* kTag = "mlr3libtorch_run";
  static constexpr const char* kWhat = "training context";
  static constexpr const char* kRClass = "torch_run";
  static constexpr const char* kEnded =
      "The training that this context belonged to has ended: a context exists only during $train(). "
      "Copy what you need later while a stage runs.";
};

using NetworkHandle = Handle<network::Network>;
using GeneratorHandle = Handle<at::Generator>;
using RunHandle = Handle<train::Run>;

/// A named list of tensor handles as tensors, in the order of `names`; unnamed elements and unknown names are refused.
/// Integers are class numbers, which count from 1 in R.
std::vector<at::Tensor> to_tensors(SEXP list, const std::vector<std::string>& names, const std::string& what);
/// What a network reads: a tensor for each input, or its codes.
struct Inputs {
  std::vector<at::Tensor> x;
  std::vector<data::Codes> codes;
};

/// The same for a list in which an element may be of class `torch_codes`: a list of `values`, a tensor, and the
/// `levels` of its columns.
Inputs to_inputs(SEXP list, const std::vector<std::string>& names, const std::string& what);

Rcpp::List named_tensors_to_r(const network::NamedTensors& tensors);

}  // namespace mlr3libtorch::glue
