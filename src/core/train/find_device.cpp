#include "core/train/find_device.h"

#include <ATen/Context.h>

#include "core/base/error.h"

namespace mlr3libtorch::train {
namespace {

bool is_there(const at::Device& device) {
  if (device.is_cpu()) return true;
  if (device.is_cuda()) return at::hasCUDA() && device.index() < static_cast<int>(at::getNumGPUs());
  return device.type() == at::kMPS && at::hasMPS();
}

at::Device parse_device(const std::string& name) {
  try {
    return at::Device(name);
  } catch (const c10::Error&) {
    throw base::ConfigError("'" + name + "' is not a device; devices are 'cpu', 'cuda', 'cuda:0', 'mps' or 'auto'.",
                            {{"device", name}});
  }
}

}  // namespace

at::Device find_device(const std::string& name) {
  if (name == "auto") return at::hasCUDA() ? at::Device(at::kCUDA) : at::hasMPS() ? at::Device(at::kMPS) : at::kCPU;
  const auto device = parse_device(name);
  if (is_there(device)) return device;
  throw base::ConfigError("The device '" + name + "' is not available; this LibTorch and machine have 'cpu'" +
                              (at::hasCUDA() ? ", 'cuda'" : "") + (at::hasMPS() ? ", 'mps'" : "") + ".",
                          {{"device", name}});
}

}  // namespace mlr3libtorch::train
