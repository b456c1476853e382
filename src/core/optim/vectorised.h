#pragma once

#include <cstdint>

// One loop, compiled for each generation of vector units and chosen when the program runs: a package that is
// distributed as a binary cannot be compiled for the machine it will run on.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(MLR3LIBTORCH_NO_DISPATCH)
#define MLR3LIBTORCH_DISPATCH 1
#endif

// Elements do not depend on each other, which the compiler cannot see when several arrays are written.
#if defined(__clang__)
#define MLR3LIBTORCH_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define MLR3LIBTORCH_INDEPENDENT _Pragma("GCC ivdep")
#else
#define MLR3LIBTORCH_INDEPENDENT
#endif

namespace mlr3libtorch::optim {
namespace vectorised {

enum class Units { kBaseline, kAvx2, kAvx512 };

#ifdef MLR3LIBTORCH_DISPATCH
inline Units detect_units() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
    return Units::kAvx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Units::kAvx2;
  return Units::kBaseline;
}

template <class Body>
__attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma"))) void run_avx512(std::int64_t length, const Body body) {
  MLR3LIBTORCH_INDEPENDENT
  for (std::int64_t i = 0; i < length; ++i) body(i);
}

template <class Body>
__attribute__((target("avx2,fma"))) void run_avx2(std::int64_t length, const Body body) {
  MLR3LIBTORCH_INDEPENDENT
  for (std::int64_t i = 0; i < length; ++i) body(i);
}
#endif

template <class Body>
void run_baseline(std::int64_t length, const Body body) {
  MLR3LIBTORCH_INDEPENDENT
  for (std::int64_t i = 0; i < length; ++i) body(i);
}

}  // namespace vectorised

/// Calls `body(i)` for each i in [0, length). The calls must not depend on each other.
/// `body` captures by value (pointers and constants), so that nothing is reloaded inside the loop.
template <class Body>
void for_each_element(std::int64_t length, const Body body) {
#ifdef MLR3LIBTORCH_DISPATCH
  static const vectorised::Units units = vectorised::detect_units();
  if (units == vectorised::Units::kAvx512) return vectorised::run_avx512(length, body);
  if (units == vectorised::Units::kAvx2) return vectorised::run_avx2(length, body);
#endif
  vectorised::run_baseline(length, body);
}

}  // namespace mlr3libtorch::optim
