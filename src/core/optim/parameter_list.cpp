#include "core/optim/parameter_list.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <sstream>

#include "core/base/error.h"

namespace mlr3libtorch::optim {
namespace {

[[noreturn]] void refuse_parameter(const std::string& name, const std::string& reason) {
  throw base::ConfigError("Parameter '" + name + "' cannot be optimized: " + reason + ".", {{"parameter", name}});
}

std::string kind_text(const at::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.scalar_type() << " on " << tensor.device().str();
  return text.str();
}

bool is_same_kind(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.device() == b.device();
}

void check_parameter(const std::string& name, const at::Tensor& tensor, const at::Tensor& first) {
  if (!tensor.is_leaf()) {
    refuse_parameter(name, "it is computed from other tensors; give the tensors it is computed from, or $detach() it");
  }
  if (tensor.layout() != at::kStrided || !tensor.is_floating_point()) {
    refuse_parameter(name, "it is of type " + kind_text(tensor) +
                               ", and only dense tensors of floating point numbers have gradients to follow");
  }
  if (is_same_kind(tensor, first)) return;
  refuse_parameter(name, "it is of type " + kind_text(tensor) + ", the first one of type " + kind_text(first) +
                             "; use an optimizer for each");
}

}  // namespace

void zero_gradients(const std::vector<at::Tensor>& tensors, bool set_to_none) {
  const at::NoGradGuard no_grad;
  for (const auto& tensor : tensors) {
    auto& gradient = tensor.mutable_grad();
    if (!gradient.defined()) continue;
    if (set_to_none) {
      gradient.reset();
    } else if (gradient.grad_fn()) {
      // It was recorded itself, so its values may still be needed.
      gradient = at::zeros_like(gradient);
    } else {
      gradient.zero_();
    }
  }
}

void ParameterList::add(const NamedParameters& parameters) {
  check(parameters);
  for (const auto& [name, tensor] : parameters) {
    tensors_.push_back(tensor);
    memory_.ranges.push_back({name, 0, tensor.numel(), true});
  }
  lay_out();
}

void ParameterList::check(const NamedParameters& parameters) const {
  if (parameters.empty()) throw base::ConfigError("An optimizer needs at least one parameter.");
  auto known = tensors_;
  for (const auto& [name, tensor] : parameters) {
    check_parameter(name, tensor, known.empty() ? tensor : known.front());
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (!known[i].is_same(tensor)) continue;
      const auto before = i < tensors_.size() ? memory_.ranges[i].name : parameters[i - tensors_.size()].first;
      refuse_parameter(name, "it is the same tensor as '" + before + "', and a parameter can be given only once");
    }
    known.push_back(tensor);
  }
  const auto tracked = [](const at::Tensor& tensor) { return tensor.requires_grad(); };
  if (std::any_of(known.begin(), known.end(), tracked)) return;
  refuse_parameter(parameters.front().first,
                   "neither it nor any other parameter requires a gradient; make it with "
                   "`requires_grad = TRUE`, or call $requires_grad_()");
}

void ParameterList::lay_out() {
  const at::NoGradGuard no_grad;
  if (share_one_storage()) {
    use_shared_storage();
  } else {
    use_own_memory();
  }
  memory_.gradients = at::zeros_like(memory_.values);
  gradient_views_.assign(tensors_.size(), at::Tensor());
  for (std::size_t i = 0; i < tensors_.size(); ++i) gradient_views_[i] = place(memory_.gradients, i);
}

/// Without overlaps.
bool ParameterList::share_one_storage() const {
  std::vector<at::Tensor> filled;
  for (const auto& tensor : tensors_) {
    if (tensor.numel() > 0) filled.push_back(tensor);
  }
  if (filled.empty()) return false;
  std::sort(filled.begin(), filled.end(),
            [](const auto& a, const auto& b) { return a.storage_offset() < b.storage_offset(); });
  auto end = filled.front().storage_offset();
  for (const auto& tensor : filled) {
    const bool follows = tensor.storage().is_alias_of(filled.front().storage()) && tensor.storage_offset() >= end;
    if (!follows || !tensor.is_contiguous()) return false;
    end = tensor.storage_offset() + tensor.numel();
  }
  return true;
}

void ParameterList::use_shared_storage() {
  const auto filled = [](const at::Tensor& tensor) { return tensor.numel() > 0; };
  const auto& any = *std::find_if(tensors_.begin(), tensors_.end(), filled);
  auto first = any.storage_offset();
  auto end = first;
  for (const auto& tensor : tensors_) {
    if (!filled(tensor)) continue;
    first = std::min(first, tensor.storage_offset());
    end = std::max(end, tensor.storage_offset() + tensor.numel());
  }
  memory_.values = at::empty({0}, any.options().requires_grad(false)).set_(any.storage(), first, {end - first}, {1});
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    memory_.ranges[i].offset = filled(tensors_[i]) ? tensors_[i].storage_offset() - first : 0;
  }
}

void ParameterList::use_own_memory() {
  std::int64_t offset = 0;
  for (auto& range : memory_.ranges) {
    range.offset = offset;
    offset += range.length;
  }
  memory_.values = at::empty({offset}, tensors_.front().options().requires_grad(false));
  for (std::size_t i = 0; i < tensors_.size(); ++i) take_back(i);
}

at::Tensor ParameterList::place(const at::Tensor& flat, std::size_t index) const {
  const auto& range = memory_.ranges[index];
  return flat.narrow(0, range.offset, range.length).view(tensors_[index].sizes());
}

void ParameterList::take_back(std::size_t index) {
  auto& tensor = tensors_[index];
  const auto& range = memory_.ranges[index];
  if (!is_same_kind(tensor, memory_.values) || tensor.numel() != range.length) {
    refuse_parameter(range.name, "it has become " + kind_text(tensor) + " with " + std::to_string(tensor.numel()) +
                                     " elements, but the optimizer was made for " + kind_text(memory_.values) +
                                     " with " + std::to_string(range.length) + "; make a new optimizer");
  }
  value::bring_home(tensor, memory_, range);
}

void ParameterList::take_gradient(std::size_t index) {
  auto& range = memory_.ranges[index];
  auto& gradient = tensors_[index].mutable_grad();
  range.trainable = gradient.defined() && tensors_[index].requires_grad();
  if (!range.trainable) return;
  auto& view = gradient_views_[index];
  if (gradient.is_same(view) && value::lies_at(view, memory_.gradients, range.offset)) return;
  if (gradient.sizes() != tensors_[index].sizes()) {
    throw base::ShapeError("The gradient of parameter '" + range.name + "' has another shape than the parameter.",
                           {{"tensor", range.name}});
  }
  const at::Tensor given = gradient.layout() == at::kStrided ? gradient : gradient.to_dense();
  view = place(memory_.gradients, index);
  view.copy_(given);
  gradient = view;
}

void ParameterList::collect() {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    take_back(i);
    take_gradient(i);
  }
}

}  // namespace mlr3libtorch::optim
