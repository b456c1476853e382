#include "core/network/forward_hooks.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"

namespace mlr3libtorch::network {
namespace {

bool has_shapes_of(const std::vector<at::Tensor>& after, const std::vector<at::Tensor>& before) {
  return std::equal(after.begin(), after.end(), before.begin(), before.end(), [](const auto& one, const auto& other) {
    return one.defined() && one.sizes() == other.sizes() && one.scalar_type() == other.scalar_type();
  });
}

base::Error hook_error(const std::string& node, const std::vector<at::Tensor>& outputs) {
  const auto where = node.empty() ? std::string("The network") : "Node '" + node + "'";
  return {"function",
          where + ": a hook on its output must return NULL or a tensor of the output's shape and type, " +
              c10::str(outputs.front().sizes()) + " and " + c10::toString(outputs.front().scalar_type()) + ".",
          {{"node", node}}};
}

}  // namespace

std::size_t ForwardHooks::add(const std::string& node, ForwardHook hook) {
  entries_.push_back({next_key_, node, std::move(hook)});
  return next_key_++;
}

void ForwardHooks::remove(std::size_t key) {
  const auto has_key = [&](const Entry& entry) { return entry.key == key; };
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(), has_key), entries_.end());
}

std::vector<at::Tensor> ForwardHooks::apply(const std::string& node, const std::vector<at::Tensor>& inputs,
                                            std::vector<at::Tensor> outputs) const {
  // a copy: a hook may take itself out
  const auto entries = entries_;
  for (const auto& entry : entries) {
    if (entry.node != node) continue;
    auto changed = entry.hook(inputs, outputs);
    if (!has_shapes_of(changed, outputs)) throw hook_error(node, outputs);
    outputs = std::move(changed);
  }
  return outputs;
}

}  // namespace mlr3libtorch::network
