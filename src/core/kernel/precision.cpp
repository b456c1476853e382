#include "core/kernel/precision.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/error.h"

namespace mlr3libtorch::kernel {
namespace {

/// In the order of the enumeration.
const std::array<std::string, 2> kPrecisions{"float32", "bfloat16"};

thread_local Precision precision_of_thread = Precision::kFloat32;

}  // namespace

const std::string& name_of(Precision precision) { return kPrecisions.at(static_cast<std::size_t>(precision)); }

Precision parse_precision(const std::string& name) {
  const auto* const found = std::find(kPrecisions.begin(), kPrecisions.end(), name);
  if (found != kPrecisions.end()) return static_cast<Precision>(found - kPrecisions.begin());
  throw base::UnknownNameError("precision", name, {kPrecisions.begin(), kPrecisions.end()});
}

Precision current_precision() noexcept { return precision_of_thread; }

PrecisionScope::PrecisionScope(Precision precision) noexcept : before_(std::exchange(precision_of_thread, precision)) {}

PrecisionScope::~PrecisionScope() { precision_of_thread = before_; }

}  // namespace mlr3libtorch::kernel
