#pragma once

#include <ATen/core/Generator.h>

namespace mlr3libtorch::network {

/// A generator of the numbers that are drawn on `device`, with a seed from `source`: so what a GPU draws depends on the
/// run's seed alone, and goes on with the run. The device is not waited for. An undefined source stands for LibTorch's.
at::Generator device_generator(const at::Device& device, const at::Generator& source);

}  // namespace mlr3libtorch::network
