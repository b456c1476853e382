#pragma once

#include <string>

namespace mlr3libtorch::kernel {

/// What the factors of matrix products are rounded to. Their sums, and everything else, are float32.
/// See docs/decisions/bfloat16.md.
enum class Precision { kFloat32, kBfloat16 };

/// "float32" or "bfloat16"; anything else is a base::UnknownNameError.
Precision parse_precision(const std::string& name);
const std::string& name_of(Precision precision);

/// That of the products that this thread asks for: float32 outside of every scope. A pool's threads have that of the
/// caller.
Precision current_precision() noexcept;

/// Sets the precision of this thread's products during this object's lifetime.
class PrecisionScope {
 public:
  explicit PrecisionScope(Precision precision) noexcept;
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  Precision before_;
};

}  // namespace mlr3libtorch::kernel
