#include "core/network/autocast.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/version.h>

#include "core/base/error.h"

namespace mlr3libtorch::network {
namespace {

// LibTorch 2.4 has renamed these functions, and warns of the old ones.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
bool autocasts() { return at::autocast::is_autocast_enabled(at::kCPU); }
void set_autocasts(bool enabled) { at::autocast::set_autocast_enabled(at::kCPU, enabled); }
at::ScalarType autocast_type() { return at::autocast::get_autocast_dtype(at::kCPU); }
void set_autocast_type(at::ScalarType type) { at::autocast::set_autocast_dtype(at::kCPU, type); }
#else
bool autocasts() { return at::autocast::is_cpu_enabled(); }
void set_autocasts(bool enabled) { at::autocast::set_cpu_enabled(enabled); }
at::ScalarType autocast_type() { return at::autocast::get_autocast_cpu_dtype(); }
void set_autocast_type(at::ScalarType type) { at::autocast::set_autocast_cpu_dtype(type); }
#endif

/// Products of this thread have factors in bfloat16 during this object's lifetime. Weights are cast in each call: the
/// cache of those that were cast would have to be told of every update.
class AutocastScope {
 public:
  AutocastScope() : enabled_(autocasts()), type_(autocast_type()), caches_(at::autocast::is_autocast_cache_enabled()) {
    set_autocasts(true);
    set_autocast_type(at::kBFloat16);
    at::autocast::set_autocast_cache_enabled(false);
  }
  ~AutocastScope() {
    set_autocasts(enabled_);
    set_autocast_type(type_);
    at::autocast::set_autocast_cache_enabled(caches_);
  }
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  bool enabled_;
  at::ScalarType type_;
  bool caches_;
};

}  // namespace

at::Tensor forward_in_precision(Operation& operation, const std::vector<at::Tensor>& inputs, const ForwardMode& mode) {
  if (mode.precision == kernel::Precision::kFloat32) return operation.forward(inputs, mode);
  const AutocastScope scope;
  const auto output = operation.forward(inputs, mode);
  return output.scalar_type() == at::kBFloat16 ? output.to(at::kFloat) : output;
}

void check_precision(kernel::Precision precision, const at::Device& device) {
  if (precision == kernel::Precision::kFloat32 || device.is_cpu()) return;
  throw base::ConfigError("The precision '" + name_of(precision) + "' is for the CPU, but the device is '" +
                              device.str() + "'; set the device to 'cpu', or the precision to 'float32'.",
                          {{"argument", std::string("precision")}});
}

}  // namespace mlr3libtorch::network
