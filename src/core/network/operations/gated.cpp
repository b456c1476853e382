#include "core/network/operations/gated.h"

#include <ATen/ATen.h>

#include "core/network/operations/stateless.h"

namespace mlr3libtorch::network {
namespace {

at::Tensor relu(const at::Tensor& x) { return at::relu(x); }
at::Tensor gelu(const at::Tensor& x) { return at::gelu(x); }
at::Tensor silu(const at::Tensor& x) { return at::silu(x); }
at::Tensor sigmoid(const at::Tensor& x) { return at::sigmoid(x); }

// plain data, so that it exists before other files' registrations need it
constexpr BlockActivation kBlockActivations[] = {
    {"relu", "ReLU", "relu(x)", relu, false},      {"gelu", "GELU", "gelu(x)", gelu, false},
    {"glu", "GLU", "a sigmoid(b)", sigmoid, true}, {"reglu", "ReGLU", "a relu(b)", relu, true},
    {"geglu", "GEGLU", "a gelu(b)", gelu, true},   {"swiglu", "SwiGLU", "a silu(b)", silu, true}};

OperationRegistration gated(const char* name) {
  const auto& activation = block_activation(name);
  return stateless(std::string(name) + "(int dim=-1) -> ()",
                   {activation.label,
                    std::string(activation.formula) + " for the halves a and b of one dimension. See " +
                        (activation.function == sigmoid ? "Dauphin et al. (2017), arXiv:1612.08083."
                                                        : "Shazeer (2020), arXiv:2002.05202."),
                    {{"dim", "The dimension; negative numbers count from the last."}},
                    {"activation"}},
                   [&activation](const value::Arguments& arguments) -> Function {
                     return [&activation, dim = arguments.get<std::int64_t>("dim")](const at::Tensor& x) {
                       return activation(x, dim);
                     };
                   });
}

const OperationRegistration gated_registrations[] = {gated("glu"), gated("reglu"), gated("geglu"), gated("swiglu")};

}  // namespace

at::Tensor BlockActivation::operator()(const at::Tensor& x, std::int64_t dim) const {
  if (!gated) return function(x);
  TORCH_CHECK(x.size(dim) % 2 == 0, name, " halves a dimension, but its size is ", x.size(dim), "; make it even.");
  const auto halves = x.chunk(2, dim);
  return halves[0] * function(halves[1]);
}

std::vector<std::string> block_activation_names() {
  std::vector<std::string> names;
  for (const auto& activation : kBlockActivations) names.emplace_back(activation.name);
  return names;
}

const BlockActivation& block_activation(const std::string& name) {
  for (const auto& activation : kBlockActivations) {
    if (name == activation.name) return activation;
  }
  TORCH_CHECK(false, "the activation '", name, "' does not exist for blocks.");
}

}  // namespace mlr3libtorch::network
