#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <map>
#include <string>

#include "core/network/operation.h"

namespace mlr3libtorch::network {

/// The initial value of a parameter: `value` is a tensor, or a dictionary of `shape` and `distribution`, in which -1 is
/// the size of the last dimension of the node's first input. Random numbers come from the network's generator.
/// `name` is the parameter in errors (base::Error of kind "script").
at::Tensor initial_tensor(const std::string& name, const c10::IValue& value, const BuildInput& build);

/// The same for each entry of the argument `name`, which is a dictionary or None.
std::map<std::string, at::Tensor> initial_tensors(const value::Arguments& arguments, const std::string& name,
                                                  const BuildInput& build);

}  // namespace mlr3libtorch::network
