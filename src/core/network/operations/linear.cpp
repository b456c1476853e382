#include <ATen/ATen.h>

#include "core/kernel/coded_product.h"
#include "core/kernel/gemm.h"
#include "core/network/operations/common_arguments.h"
#include "core/network/operations/weights.h"

namespace mlr3libtorch::network {
namespace {

/// Three matrix products; elementwise additions and functions take one pass after the first and one before the others.
class LinearKernel : public kernel::Kernel {
 public:
  /// `is_flat`: whether a row of the input is one row of the product.
  LinearKernel(std::int64_t in_features, std::int64_t out_features, bool bias, bool is_flat)
      : in_(in_features), out_(out_features), bias_(bias), is_flat_(is_flat) {}

  void forward(const kernel::Call& call) override {
    const auto rows = rows_of(call);
    const auto& x = call.inputs[0];
    const auto* const weight = call.parameters[0].values;
    if (x.coding != nullptr) {
      coded_.forward(*x.coding, x.values, rows, weight, out_, call.output.values);
    } else {
      kernel::multiply({false, true, rows, out_, in_}, x.values, weight, call.output.values);
    }
    function_->forward(bias_ ? call.parameters[1].values : nullptr, call.output.values, rows, out_);
  }

  void backward(const kernel::Call& call) override {
    const auto rows = rows_of(call);
    const auto& x = call.inputs[0];
    const auto& weight = call.parameters[0];
    auto* const gradients = call.output.gradients;
    function_->backward(call.output.values, gradients, bias_ ? call.parameters[1].gradients : nullptr, rows, out_);
    if (weight.gradients != nullptr) give_weight_gradients(x, rows, gradients, weight.gradients);
    if (x.gradients != nullptr) {
      kernel::multiply({false, false, rows, in_, out_}, gradients, weight.values, x.gradients);
    }
  }

  bool reads_output() const override { return absorbed_; }
  bool takes_codes() const override { return is_flat_; }

  bool absorb(const std::shared_ptr<const kernel::Elementwise>& function) override {
    if (absorbed_) return false;
    function_ = function;
    absorbed_ = true;
    return true;
  }

  double operations_per_row() const override { return 2.0 * static_cast<double>(in_) * static_cast<double>(out_); }

 private:
  void give_weight_gradients(const kernel::Input& x, std::int64_t rows, const float* dy, float* gradients) {
    if (x.coding != nullptr) return coded_.weight_gradients(*x.coding, rows, dy, out_, gradients);
    kernel::multiply({true, false, out_, in_, rows}, dy, x.values, gradients);
  }

  /// Every dimension but the last counts as rows.
  std::int64_t rows_of(const kernel::Call& call) const { return call.rows * (call.output.width / out_); }

  std::int64_t in_;
  std::int64_t out_;
  bool bias_;
  bool is_flat_;
  bool absorbed_ = false;
  kernel::CodedProduct coded_;
  std::shared_ptr<const kernel::Elementwise> function_ =
      std::make_shared<kernel::ElementwiseOf<kernel::Identity>>(kernel::Identity{});
};

/// y = x W' + b. weight: [out_features, in_features], bias: [out_features].
class Linear : public Operation {
 public:
  Linear(std::int64_t out_features, bool bias, const BuildInput& build) {
    const auto& x = build.inputs.at(0);
    const auto in_features = x.size(-1);
    const auto bound = fan_in_bound(in_features);
    weight_ = uniform_weight({out_features, in_features}, bound, build);
    if (bias) bias_ = uniform_weight({out_features}, bound, build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return at::linear(inputs[0], weight_, bias_);
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"weight", &weight_}};
    if (bias_.defined()) slots.push_back({"bias", &bias_});
    return slots;
  }

  std::unique_ptr<kernel::Kernel> kernel(const std::vector<RowShape>& inputs) override {
    return std::make_unique<LinearKernel>(weight_.size(1), weight_.size(0), bias_.defined(),
                                          inputs[0].sizes.size() == 1);
  }

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

/// y_k = x' W_k z + b_k. weight: [out_features, in1_features, in2_features], bias: [out_features].
class Bilinear : public Operation {
 public:
  Bilinear(std::int64_t out_features, bool bias, const BuildInput& build) {
    const auto first = build.inputs[0].size(-1);
    const auto bound = fan_in_bound(first);
    weight_ = uniform_weight({out_features, first, build.inputs[1].size(-1)}, bound, build);
    if (bias) bias_ = uniform_weight({out_features}, bound, build);
  }

  at::Tensor forward(const std::vector<at::Tensor>& inputs, const ForwardMode& /*mode*/) override {
    return at::bilinear(inputs[0], inputs[1], weight_, bias_);
  }

  std::vector<Slot> parameters() override {
    std::vector<Slot> slots{{"weight", &weight_}};
    add_slot(slots, "bias", bias_);
    return slots;
  }

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

template <class Product>
std::unique_ptr<Operation> make_linear(const value::Arguments& arguments, const BuildInput& build) {
  return std::make_unique<Product>(arguments.get<std::int64_t>("out_features"), arguments.get<bool>("bias"), build);
}

const OperationRegistration linear_registrations[] = {
    {"linear(int out_features, bool bias=True) -> ()",
     {"Linear", "A linear map of the last dimension, x W' + b.", {out_features(), bias()}},
     make_linear<Linear>},
    {"head(int out_features, bool bias=True) -> ()",
     {"Head",
      "A linear map to as many outputs as the task needs.",
      {{"out_features", "Number of output features; it follows from the task.", 1}, bias()}},
     make_linear<Linear>},
    {"bilinear(int out_features, bool bias=True) -> ()",
     {"Bilinear", "A bilinear map of the last dimensions of two inputs, x' W z + b.", {out_features(), bias()}},
     make_linear<Bilinear>,
     {2, 2}},
};

}  // namespace
}  // namespace mlr3libtorch::network
