#pragma once

#include <c10/core/Device.h>

#include <string>

namespace mlr3libtorch::train {

/// "cpu", "cuda:0", …; "auto" is the first available one of cuda, mps and cpu. Throws base::ConfigError for a device
/// that is not available.
at::Device find_device(const std::string& name);

}  // namespace mlr3libtorch::train
