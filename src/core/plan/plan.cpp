#include "core/plan/plan.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <sstream>

#include "core/kernel/row_shares.h"
#include "core/kernel/vectorised.h"
#include "core/plan/autograd_kernel.h"

namespace mlr3libtorch::plan {
namespace {

std::vector<network::RowShape> input_shapes(const network::Network& network, const network::BuiltNode& node) {
  std::vector<network::RowShape> shapes;
  for (const auto input : node.inputs) shapes.push_back(network.shapes()[input]);
  return shapes;
}

std::vector<std::int64_t> parameter_lengths(const network::Network& network, const network::BuiltNode& node) {
  std::vector<std::int64_t> lengths;
  const auto& ranges = network.memory().ranges;
  for (std::size_t i = 0; i < node.parameter_count; ++i) lengths.push_back(ranges[node.first_range + i].length);
  return lengths;
}

Kernels make_kernels(const network::Network& network) {
  Kernels kernels;
  auto output = network.shapes().begin() + static_cast<std::ptrdiff_t>(network.inputs().size());
  for (const auto& node : network.nodes()) {
    auto inputs = input_shapes(network, node);
    auto kernel = node.operation->kernel(inputs);
    if (kernel == nullptr) {
      kernel = std::make_unique<AutogradKernel>(node.operation, std::move(inputs), *output);
    } else if (kernel->grain_of_rows().least > 0) {
      const auto make = [operation = node.operation, inputs] { return operation->kernel(inputs); };
      kernel = std::make_unique<kernel::RowShares>(std::move(kernel), make, parameter_lengths(network, node));
    }
    kernels.push_back(std::move(kernel));
    ++output;
  }
  return kernels;
}

const AutogradKernel* as_step_out(const std::unique_ptr<kernel::Kernel>& kernel) {
  return dynamic_cast<const AutogradKernel*>(kernel.get());
}

/// Without one, a plan would only take a way round.
bool has_trained_kernel(const network::Network& network, const Kernels& kernels) {
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    if (network.nodes()[i].parameter_count > 0 && as_step_out(kernels[i]) == nullptr) return true;
  }
  return false;
}

bool is_planned_type(const network::Network& network, std::size_t value) {
  const auto type = network.shapes()[value].type;
  return type == at::kFloat || (type == at::kLong && value < network.inputs().size());
}

std::string node_text(const network::BuiltNode& node) { return "node '" + node.id + "' (" + node.operation_name + ")"; }

at::Tensor empty_rows(std::int64_t rows, std::int64_t width) { return at::empty({rows, width}, at::kFloat); }

}  // namespace

std::vector<std::string> reasons_against(const network::Network& network) {
  std::vector<std::string> reasons;
  if (!network.device().is_cpu()) reasons.push_back("the device is '" + network.device().str() + "', not the CPU");
  if (!network.hooks().empty()) reasons.emplace_back("functions wait for the outputs of its nodes, see hooks");
  const auto inputs = network.inputs().size();
  for (std::size_t value = 0; value < network.shapes().size(); ++value) {
    if (is_planned_type(network, value)) continue;
    const bool is_input = value < inputs;
    const auto text = is_input ? "input '" + network.inputs()[value] + "'" : node_text(network.nodes()[value - inputs]);
    reasons.push_back(text + " is of type " + toString(network.shapes()[value].type) + ", not float32");
  }
  for (const auto& node : network.nodes()) {
    if (node.operation->shortens_rows()) reasons.push_back(node_text(node) + " makes batches shorter");
  }
  if (!reasons.empty()) return reasons;
  const auto kernels = make_kernels(network);
  if (!has_trained_kernel(network, kernels)) reasons = steps_out(network);
  const auto layout = make_layout(network, kernels, false);
  const auto is_input = [&](std::size_t place) { return place < inputs; };
  if (std::any_of(layout.outputs.begin(), layout.outputs.end(), is_input)) {
    reasons.emplace_back("an output of the network is one of its inputs");
  }
  return reasons;
}

std::vector<std::string> steps_out(const network::Network& network) {
  std::vector<std::string> sentences;
  const auto kernels = make_kernels(network);
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    if (as_step_out(kernels[i]) == nullptr) continue;
    sentences.push_back(node_text(network.nodes()[i]) + " has no planned kernel for its input");
  }
  return sentences;
}

Plan::Plan(const network::Network& network, std::int64_t capacity, Purpose purpose, Precision precision)
    : network_(network),
      capacity_(capacity),
      training_(purpose == Purpose::kTraining),
      precision_(precision),
      kernels_(make_kernels(network)),
      layout_(make_layout(network, kernels_, training_)),
      values_(layout_.places.size(), nullptr),
      numbers_(layout_.places.size(), nullptr),
      codings_(layout_.places.size(), nullptr),
      gradients_(layout_.places.size(), nullptr),
      parameters_(network.memory().ranges.size()) {
  for (const auto width : layout_.buffer_widths) buffers_.push_back(empty_rows(capacity, width));
  for (std::size_t i = 0; i < layout_.places.size(); ++i) {
    const auto& place = layout_.places[i];
    if (place.values != kNoBuffer) values_[i] = buffers_[place.values].data_ptr<float>();
    if (place.gradients != kNoBuffer) gradients_[i] = buffers_[place.gradients].data_ptr<float>();
  }
  for (const auto& node : layout_.nodes) {
    kernel::Call call;
    call.training = training_;
    call.inputs.resize(node.inputs.size());
    call.parameters.resize(network.nodes()[node.node].parameter_count);
    calls_.push_back(std::move(call));
  }
}

bool Plan::steps_out() const {
  return std::any_of(kernels_.begin(), kernels_.end(),
                     [](const auto& kernel) { return as_step_out(kernel) != nullptr; });
}

bool Plan::fits(const std::vector<at::Tensor>& inputs, const std::vector<data::Codes>& codes) const {
  if (inputs.size() != network_.inputs().size()) return false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool is_coded = data::in_codes(codes, i);
    if (!(is_coded ? fits(i, codes[i]) : fits(i, inputs[i]))) return false;
    const auto& x = is_coded ? codes[i].values : inputs[i];
    if (x.size(0) != data::input_rows(inputs, codes)) return false;
  }
  return true;
}

bool Plan::fits(std::size_t input, const at::Tensor& x) const {
  const auto& [sizes, type] = network_.shapes()[input];
  const bool is_plain = x.defined() && x.device().is_cpu() && x.is_contiguous() && x.scalar_type() == type;
  return is_plain && x.dim() > 0 && x.sizes().slice(1) == at::IntArrayRef(sizes);
}

bool Plan::fits(std::size_t input, const data::Codes& codes) const {
  const auto& [sizes, type] = network_.shapes()[input];
  const auto& x = codes.values;
  return type == at::kFloat && sizes == std::vector<std::int64_t>{codes.coding->width()} && x.device().is_cpu() &&
         x.is_contiguous() && x.scalar_type() == at::kFloat && x.dim() == 2 && x.size(1) == codes.coding->columns();
}

/// Those of the network's inputs come first.
bool Plan::takes_codes(std::size_t input) const { return place_takes_codes(input); }

bool Plan::place_takes_codes(std::size_t place) const {
  const auto& outputs = layout_.outputs;
  if (std::find(outputs.begin(), outputs.end(), place) != outputs.end()) return false;
  return std::all_of(layout_.nodes.begin(), layout_.nodes.end(), [&](const NodeLayout& node) {
    const bool reads = std::find(node.inputs.begin(), node.inputs.end(), place) != node.inputs.end();
    if (!reads) return true;
    const auto& kernel = *kernels_[node.node];
    if (!kernel.passes_codes()) return kernel.takes_codes();
    return node.output == place || place_takes_codes(node.output);
  });
}

void Plan::bind_inputs(const std::vector<at::Tensor>& inputs, const std::vector<data::Codes>& codes,
                       std::int64_t first) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool is_coded = data::in_codes(codes, i) && takes_codes(i);
    codings_[i] = is_coded ? codes[i].coding.get() : nullptr;
    const auto offset = first * (is_coded ? codings_[i]->columns() : layout_.places[i].width);
    if (is_coded) {
      values_[i] = codes[i].values.data_ptr<float>() + offset;
    } else if (inputs[i].scalar_type() == at::kLong) {
      numbers_[i] = inputs[i].data_ptr<std::int64_t>() + offset;
    } else {
      values_[i] = inputs[i].data_ptr<float>() + offset;
    }
  }
}

/// The gradients of parameters that have just been frozen are cleared.
void Plan::bind_parameters() {
  const auto& memory = network_.memory();
  const auto* values = memory.values.data_ptr<float>();
  auto* gradients = memory.gradients.defined() ? memory.gradients.data_ptr<float>() : nullptr;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto& range = memory.ranges[i];
    auto& parameter = parameters_[i];
    if (training_ && parameter.gradients != nullptr && !range.trainable) {
      std::fill_n(parameter.gradients, range.length, 0.0F);
    }
    parameter.values = values + range.offset;
    parameter.gradients = training_ && range.trainable ? gradients + range.offset : nullptr;
  }
}

void Plan::bind_call(const NodeLayout& node, kernel::Call& call) {
  call.rows = rows_;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const auto place = node.inputs[i];
    call.inputs[i] = {values_[place], numbers_[place], codings_[place], nullptr, layout_.places[place].width};
  }
  for (std::size_t i = 0; i < node.gradients.size(); ++i) {
    if (node.gradients[i].wanted) call.inputs[i].gradients = buffers_[node.gradients[i].buffer].data_ptr<float>();
  }
  if (kernels_[node.node]->passes_codes()) codings_[node.output] = codings_[node.inputs.front()];
  call.output = {values_[node.output], gradients_[node.output], layout_.places[node.output].width};
  const auto first = network_.nodes()[node.node].first_range;
  for (std::size_t i = 0; i < call.parameters.size(); ++i) call.parameters[i] = parameters_[first + i];
}

template <class Run>
void Plan::naming_node(const NodeLayout& node, const Run& run) const {
  try {
    run();
  } catch (const c10::Error& error) {
    const auto& built = network_.nodes()[node.node];
    std::ostringstream shapes;
    for (const auto input : built.inputs) {
      auto sizes = network_.shapes()[input].sizes;
      sizes.insert(sizes.begin(), rows_);
      shapes << (input == built.inputs.front() ? "" : ", ") << at::IntArrayRef(sizes);
    }
    throw network::node_error(built.id, built.operation_name, shapes.str(), error);
  }
}

void Plan::forward(const std::vector<at::Tensor>& inputs, std::int64_t first, std::int64_t rows,
                   const std::vector<float*>& outputs, const at::Generator& generator, base::Interrupt& interrupt,
                   const std::vector<data::Codes>& codes, std::int64_t first_row) {
  const kernel::PrecisionScope scope(precision_);
  rows_ = rows;
  bind_inputs(inputs, codes, first);
  bind_parameters();
  for (std::size_t i = 0; i < outputs.size(); ++i) values_[layout_.outputs[i]] = outputs[i];
  for (std::size_t i = 0; i < layout_.nodes.size(); ++i) {
    const auto& node = layout_.nodes[i];
    interrupt.check();
    bind_call(node, calls_[i]);
    calls_[i].first_row = first_row;
    if (training_) calls_[i].generator = generator;
    naming_node(node, [&] { kernels_[node.node]->forward(calls_[i]); });
  }
}

void Plan::backward(const AfterNode& after_node, base::Interrupt& interrupt) {
  const kernel::PrecisionScope scope(precision_);
  for (std::size_t i = layout_.nodes.size(); i-- > 0;) {
    const auto& node = layout_.nodes[i];
    const auto& built = network_.nodes()[node.node];
    interrupt.check();
    if (node.has_backward) naming_node(node, [&] { kernels_[node.node]->backward(calls_[i]); });
    for (std::size_t j = 0; j < node.gradients.size(); ++j) {
      if (node.gradients[j].adds) add_gradients(node, j, calls_[i]);
    }
    if (after_node && built.parameter_count > 0) {
      after_node(built.first_range, built.first_range + built.parameter_count);
    }
  }
}

void Plan::add_gradients(const NodeLayout& node, std::size_t input, const kernel::Call& call) {
  const auto place = node.inputs[input];
  kernel::for_each_element(
      rows_ * layout_.places[place].width,
      [to = gradients_[place], from = call.inputs[input].gradients](std::int64_t i) { to[i] += from[i]; });
}

const network::BuiltNode* Plan::cutting_node() const {
  const auto is_trained = [](const kernel::Parameter& parameter) { return parameter.gradients != nullptr; };
  if (std::none_of(parameters_.begin(), parameters_.end(), is_trained)) return nullptr;
  const network::BuiltNode* cutting = nullptr;
  std::vector<bool> reached(layout_.places.size(), false);
  reached[layout_.outputs.front()] = true;
  for (auto node = layout_.nodes.rbegin(); node != layout_.nodes.rend(); ++node) {
    if (!reached[node->output] || !node->has_backward) continue;
    const auto& built = network_.nodes()[node->node];
    const auto* const step_out = as_step_out(kernels_[node->node]);
    if (step_out != nullptr && step_out->cuts_gradients()) {
      cutting = &built;
      continue;
    }
    const auto first = parameters_.begin() + static_cast<std::ptrdiff_t>(built.first_range);
    if (std::any_of(first, first + static_cast<std::ptrdiff_t>(built.parameter_count), is_trained)) return nullptr;
    for (const auto input : node->inputs) reached[input] = true;
  }
  return cutting;
}

double Plan::operations_per_row() const {
  double most = 0;
  for (const auto& kernel : kernels_) most = std::max(most, kernel->operations_per_row());
  return most;
}

}  // namespace mlr3libtorch::plan
