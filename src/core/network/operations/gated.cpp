#include "core/network/operations/gated.h"

#include <ATen/ATen.h>

#include "core/kernel/functions.h"
#include "core/kernel/vectorised.h"
#include "core/network/operation.h"
#include "core/network/operations/activation_functions.h"

namespace mlr3libtorch::network {
namespace {

at::Tensor relu(const at::Tensor& x) { return at::relu(x); }
at::Tensor gelu(const at::Tensor& x) { return at::gelu(x); }
at::Tensor silu(const at::Tensor& x) { return at::silu(x); }
at::Tensor sigmoid(const at::Tensor& x) { return at::sigmoid(x); }

/// The logistic function, whose slope is taken at x.
struct Logistic {
  float value(float x) const { return kernel::sigmoid(x); }
  float slope(float x) const {
    const float y = kernel::sigmoid(x);
    return y * (1 - y);
  }
};

template <class Function>
void plain_forward(std::int64_t rows, std::int64_t width, const float* x, float* y) {
  kernel::for_each_element(rows * width, [=](std::int64_t i) { y[i] = Function{}.value(x[i]); });
}

template <class Function>
void plain_backward(std::int64_t rows, std::int64_t width, const float* x, const float* dy, float* dx) {
  kernel::for_each_element(rows * width, [=](std::int64_t i) { dx[i] = dy[i] * Function{}.slope(x[i]); });
}

template <class Function>
void gated_forward(std::int64_t rows, std::int64_t width, const float* x, float* y) {
  kernel::vectorised::run([=] {
    for (std::int64_t row = 0; row < rows; ++row) {
      const float *const a = x + 2 * row * width, *const b = a + width;
      float* const to = y + row * width;
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t i = 0; i < width; ++i) to[i] = a[i] * Function{}.value(b[i]);
    }
  });
}

template <class Function>
void gated_backward(std::int64_t rows, std::int64_t width, const float* x, const float* dy, float* dx) {
  kernel::vectorised::run([=] {
    for (std::int64_t row = 0; row < rows; ++row) {
      const float *const a = x + 2 * row * width, *const b = a + width, *const g = dy + row * width;
      float *const da = dx + 2 * row * width, *const db = da + width;
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t i = 0; i < width; ++i) {
        const float first = a[i], second = b[i];
        da[i] = g[i] * Function{}.value(second);
        db[i] = g[i] * first * Function{}.slope(second);
      }
    }
  });
}

template <class Function>
constexpr BlockActivation plain(const char* name, const char* label, const char* formula,
                                at::Tensor (*function)(const at::Tensor&)) {
  return {name, label, formula, function, false, plain_forward<Function>, plain_backward<Function>};
}

template <class Function>
constexpr BlockActivation gate(const char* name, const char* label, const char* formula,
                               at::Tensor (*function)(const at::Tensor&)) {
  return {name, label, formula, function, true, gated_forward<Function>, gated_backward<Function>};
}

// plain data, so that it exists before other files' registrations need it
constexpr BlockActivation kBlockActivations[] = {
    plain<Relu>("relu", "ReLU", "relu(x)", relu),          plain<Gelu>("gelu", "GELU", "gelu(x)", gelu),
    gate<Logistic>("glu", "GLU", "a sigmoid(b)", sigmoid), gate<Relu>("reglu", "ReGLU", "a relu(b)", relu),
    gate<Gelu>("geglu", "GEGLU", "a gelu(b)", gelu),       gate<Silu>("swiglu", "SwiGLU", "a silu(b)", silu)};

/// Halves of the last dimension.
class GatedKernel : public kernel::Kernel {
 public:
  GatedKernel(const BlockActivation& activation, std::int64_t width) : activation_(activation), width_(width) {}

  void forward(const kernel::Call& call) override {
    activation_.forward(runs(call), width_, call.inputs[0].values, call.output.values);
  }

  void backward(const kernel::Call& call) override {
    const auto& x = call.inputs[0];
    if (x.gradients == nullptr) return;
    activation_.backward(runs(call), width_, x.values, call.output.gradients, x.gradients);
  }

 private:
  std::int64_t runs(const kernel::Call& call) const { return call.rows * (call.output.width / width_); }

  const BlockActivation& activation_;
  std::int64_t width_;
};

/// A gated function as a node.
class Gated : public Operation {
 public:
  Gated(const BlockActivation& activation, std::int64_t dim) : activation_(activation), dim_(dim) {}

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return activation_(inputs[0], dim_);
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    const auto& sizes = inputs[0].sizes;
    const bool last = dim_ == -1 || dim_ == static_cast<std::int64_t>(sizes.size());
    if (!last || sizes.empty() || sizes.back() == 0) return nullptr;
    return std::make_unique<GatedKernel>(activation_, sizes.back() / 2);
  }

 private:
  const BlockActivation& activation_;
  std::int64_t dim_;
};

OperationRegistration gated(const std::string& name) {
  const auto& activation = block_activation(name);
  return {name + "(int dim=-1) -> ()",
          {activation.label,
           std::string(activation.formula) + " for the halves a and b of one dimension. See " +
               (activation.function == sigmoid ? "Dauphin et al. (2017), arXiv:1612.08083."
                                               : "Shazeer (2020), arXiv:2002.05202."),
           {{"dim", "The dimension; negative numbers count from the last."}},
           {"activation"}},
          [&activation](const value::Arguments& arguments, const BuildInput& /*build*/) {
            return std::make_unique<Gated>(activation, arguments.get<std::int64_t>("dim"));
          }};
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
