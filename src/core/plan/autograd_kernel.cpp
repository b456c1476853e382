#include "core/plan/autograd_kernel.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "core/kernel/precision.h"
#include "core/network/autocast.h"

namespace mlr3libtorch::plan {
namespace {

std::vector<std::int64_t> with_rows(std::int64_t rows, const network::RowShape& shape) {
  std::vector<std::int64_t> sizes{rows};
  sizes.insert(sizes.end(), shape.sizes.begin(), shape.sizes.end());
  return sizes;
}

/// The tensor does not write through this pointer: user code, which might, is given a copy.
at::Tensor over_memory(const void* memory, at::IntArrayRef sizes, at::ScalarType type) {
  return at::from_blob(const_cast<void*>(memory), sizes, at::TensorOptions(type));
}

}  // namespace

AutogradKernel::AutogradKernel(std::shared_ptr<network::Operation> operation, std::vector<network::RowShape> inputs,
                               network::RowShape output)
    : operation_(std::move(operation)), shapes_(std::move(inputs)), output_shape_(std::move(output)) {}

at::Tensor AutogradKernel::input_tensor(const kernel::Input& input, const network::RowShape& shape,
                                        std::int64_t rows) const {
  const void* const memory = input.numbers != nullptr ? static_cast<const void*>(input.numbers) : input.values;
  const auto x = over_memory(memory, with_rows(rows, shape), shape.type);
  return operation_->is_user_code() ? x.clone() : x;
}

void AutogradKernel::forward(const kernel::Call& call) {
  inputs_.clear();
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    inputs_.push_back(input_tensor(call.inputs[i], shapes_[i], call.rows));
    if (call.inputs[i].gradients != nullptr) inputs_.back().requires_grad_(true);
  }
  {
    const at::AutoGradMode tracking(call.training);
    const network::ForwardMode mode{call.training, call.generator, false, kernel::current_precision(), call.first_row};
    output_ = network::forward_in_precision(*operation_, inputs_, mode);
  }
  check_output(call.rows);
  const auto values = output_.detach().contiguous();
  std::copy_n(values.data_ptr<float>(), values.numel(), call.output.values);
  if (!call.training) inputs_.clear(), output_.reset();
}

void AutogradKernel::check_output(std::int64_t rows) const {
  const auto expected = with_rows(rows, output_shape_);
  TORCH_CHECK(output_.sizes() == at::IntArrayRef(expected) && output_.scalar_type() == at::kFloat,
              "it returned a tensor of shape ", output_.sizes(), " and type ", output_.scalar_type(), "; for ", rows,
              " rows the network was built with ", at::IntArrayRef(expected), " and Float.");
}

void AutogradKernel::backward(const kernel::Call& call) {
  auto parameters = operation_->parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    auto* const gradients = call.parameters[i].gradients;
    if (gradients != nullptr) std::fill_n(gradients, parameters[i].tensor->numel(), 0.0F);
  }
  cuts_gradients_ = !output_.requires_grad();
  // Adds to the flat gradients, of which each parameter has its view.
  if (!cuts_gradients_) output_.backward(over_memory(call.output.gradients, output_.sizes(), at::kFloat));
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    auto* const gradients = call.inputs[i].gradients;
    if (gradients == nullptr) continue;
    const auto& given = inputs_[i].grad();
    if (given.defined()) {
      std::copy_n(given.contiguous().data_ptr<float>(), given.numel(), gradients);
    } else {
      std::fill_n(gradients, inputs_[i].numel(), 0.0F);
    }
  }
  inputs_.clear();
  output_.reset();
}

}  // namespace mlr3libtorch::plan
