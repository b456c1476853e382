#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace mlr3libtorch::network {

/// What somebody sees of a computation: the inputs and the outputs, in whose place it returns others or the same.
using ForwardHook = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& inputs,
                                                          const std::vector<at::Tensor>& outputs)>;

/// Functions that are called whenever a network computes a node, or all of itself. They may be added and taken out at
/// any time, also by one of them while it is called; that counts from the next call on.
class ForwardHooks {
 public:
  /// `node`: an id; empty for the whole network. Returns the key for `remove()`.
  std::size_t add(const std::string& node, ForwardHook hook);
  /// Nothing happens if it is not there any more.
  void remove(std::size_t key);

  bool empty() const noexcept { return entries_.empty(); }
  /// Of the first one.
  const std::string& first_node() const { return entries_.front().node; }

  /// The outputs after all hooks on `node`, in the order in which they were added. Throws base::Error of kind
  /// "function" if one of them returns another number of tensors or tensors of other shapes.
  std::vector<at::Tensor> apply(const std::string& node, const std::vector<at::Tensor>& inputs,
                                std::vector<at::Tensor> outputs) const;

 private:
  struct Entry {
    std::size_t key;
    std::string node;
    ForwardHook hook;
  };

  std::vector<Entry> entries_;
  std::size_t next_key_ = 1;
};

}  // namespace mlr3libtorch::network
