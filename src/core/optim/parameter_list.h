#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "core/value/flat_memory.h"

namespace mlr3libtorch::optim {

using NamedParameters = std::vector<std::pair<std::string, at::Tensor>>;

void zero_gradients(const std::vector<at::Tensor>& tensors, bool set_to_none);

/// Tensors that somebody else holds as well, in one flat memory.
/// A tensor is moved there by changing where it lies, so everybody who holds it sees the updates. Tensors that share
/// one allocation already, such as the parameters of a network, stay where they are: that allocation is the flat
/// memory.
class ParameterList {
 public:
  /// Appends tensors. Refuses, by name, what cannot be optimized, and then changes nothing.
  void add(const NamedParameters& parameters);

  value::FlatMemory& memory() noexcept { return memory_; }
  const std::vector<at::Tensor>& tensors() const noexcept { return tensors_; }

  /// Brings back tensors that others have moved, with what they hold now, and takes over gradients that lie elsewhere.
  /// A range is trainable if its tensor is not frozen and has a gradient.
  void collect();

 private:
  void check(const NamedParameters& parameters) const;
  void lay_out();
  bool share_one_storage() const;
  void use_shared_storage();
  void use_own_memory();
  void take_back(std::size_t index);
  void take_gradient(std::size_t index);
  at::Tensor place(const at::Tensor& flat, std::size_t index) const;

  std::vector<at::Tensor> tensors_;
  std::vector<at::Tensor> gradient_views_;
  value::FlatMemory memory_;
};

}  // namespace mlr3libtorch::optim
