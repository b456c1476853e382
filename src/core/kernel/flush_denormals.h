#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
#include <xmmintrin.h>
#endif

namespace mlr3libtorch::kernel {

/// During this object's lifetime, its thread takes numbers below 1.2e-38, which are kept with fewer digits, for zeros.
/// The moments of a unit that has died come there after some hundred steps and stay: such numbers make an instruction
/// of Intel's processors 50 times slower, and a pass of Adam 10 times. ARM's processors take them at full speed.
class FlushDenormals {
 public:
#if defined(__x86_64__) && defined(__GNUC__)
  FlushDenormals() noexcept { _mm_setcsr(before_ | kResults | kOperands); }
  ~FlushDenormals() { _mm_setcsr(before_); }
#else
  FlushDenormals() noexcept {}
  ~FlushDenormals() {}
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

#if defined(__x86_64__) && defined(__GNUC__)
 private:
  static constexpr unsigned kResults = 0x8000;   // "flush to zero"
  static constexpr unsigned kOperands = 0x0040;  // "denormals are zeros"

  unsigned before_ = _mm_getcsr();
#endif
};

}  // namespace mlr3libtorch::kernel
