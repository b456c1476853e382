#include "core/value/flat_memory.h"

#include <torch/torch.h>

#include "core/base/error.h"

namespace mlr3libtorch::value {
namespace {

std::vector<Range> lay_out(const NamedTensors& parameters) {
  std::vector<Range> ranges;
  std::int64_t offset = 0;
  for (const auto& [name, parameter] : parameters) {
    ranges.push_back({name, offset, parameter.numel(), parameter.requires_grad()});
    offset += parameter.numel();
  }
  return ranges;
}

void check_alike(const NamedTensors& parameters) {
  const auto& [first_name, first] = parameters.front();
  for (const auto& [name, parameter] : parameters) {
    if (parameter.dtype() == first.dtype() && parameter.device() == first.device()) continue;
    throw base::ShapeError("Parameters '" + first_name + "' and '" + name + "' differ in dtype or device.",
                           {{"parameter", name}});
  }
}

}  // namespace

FlatMemory flatten(const NamedTensors& parameters) {
  FlatMemory memory;
  memory.ranges = lay_out(parameters);
  if (!parameters.empty()) check_alike(parameters);
  const auto options = parameters.empty() ? at::TensorOptions() : parameters.front().second.options();
  const at::NoGradGuard no_grad;
  memory.values = at::empty({memory.size()}, options.requires_grad(c10::nullopt));
  memory.gradients = at::zeros_like(memory.values);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    auto parameter = parameters[i].second;
    const auto& range = memory.ranges[i];
    auto view = memory.values.narrow(0, range.offset, range.length).view(parameter.sizes());
    view.copy_(parameter);
    parameter.set_data(view);
    parameter.mutable_grad() = memory.gradients.narrow(0, range.offset, range.length).view(parameter.sizes());
  }
  return memory;
}

}  // namespace mlr3libtorch::value
