#pragma once

#include <cstdint>

#include "core/kernel/flush_denormals.h"
#include "core/kernel/split.h"

// Loops, compiled for each generation of vector units and chosen when the program runs: a package that is distributed
// as a binary cannot be compiled for the machine it will run on. Files that use them are compiled with the flags that
// CMakeLists.txt names, without which GCC leaves the loops as they are.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(MLR3LIBTORCH_NO_DISPATCH)
#define MLR3LIBTORCH_DISPATCH 1
// A loop and all that it calls are compiled for these units.
#define MLR3LIBTORCH_UNITS(names) __attribute__((flatten, target(names)))
#endif

// Elements do not depend on each other, which the compiler cannot see when several arrays are written.
#if defined(__clang__)
#define MLR3LIBTORCH_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define MLR3LIBTORCH_INDEPENDENT _Pragma("GCC ivdep")
#else
#define MLR3LIBTORCH_INDEPENDENT
#endif

namespace mlr3libtorch::kernel {
namespace vectorised {

#ifdef MLR3LIBTORCH_DISPATCH
enum class Units { kBaseline, kAvx2, kAvx512 };

inline Units detect_units() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
    return Units::kAvx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Units::kAvx2;
  return Units::kBaseline;
}

inline Units units() {
  static const Units detected = detect_units();
  return detected;
}

template <class Loop>
MLR3LIBTORCH_UNITS("avx512f,avx512vl,avx512dq,avx2,fma")
auto run_avx512(const Loop loop) {
  return loop();
}

template <class Loop>
MLR3LIBTORCH_UNITS("avx2,fma")
auto run_avx2(const Loop loop) {
  return loop();
}
#endif

/// Runs a loop that captures by value, so that nothing is reloaded inside it.
template <class Loop>
auto run(const Loop loop) {
  const FlushDenormals flush;
#ifdef MLR3LIBTORCH_DISPATCH
  if (units() == Units::kAvx512) return run_avx512(loop);
  if (units() == Units::kAvx2) return run_avx2(loop);
#endif
  return loop();
}

/// The number of partial sums: the same for all units, so that the sum is the same, too.
constexpr std::int64_t kLanes = 16;

template <class Number, class Term>
Number sum_in_lanes(std::int64_t length, const Term& term) {
  Number lanes[kLanes] = {};
  const auto whole = length - length % kLanes;
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
  }
  for (std::int64_t i = whole; i < length; ++i) lanes[i - whole] += term(i);
  for (std::int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::int64_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

}  // namespace vectorised

// Long loops are split over the threads of the current pool. That changes no bits: an element is computed by the same
// instructions in whatever range it is, since cuts lie at whole vectors.

/// From 8,192 elements on, a thread gains more than it costs: the cheapest functions take 0.1 ns an element in the
/// cache, an optimizer 0.1 to 0.3.
inline constexpr std::int64_t kElementsWorthThread = 8192;
/// Elements of the longest vectors, and of a line of the cache.
inline constexpr std::int64_t kElementsOfLine = 16;

/// Calls `body(i)` for each i in [0, length). The calls must not depend on each other.
/// Here and below, functions capture by value (pointers and constants), so that nothing is reloaded inside the loop.
template <class Body>
void for_each_element(std::int64_t length, const Body body) {
  in_ranges(length, {kElementsWorthThread, 4 * kElementsOfLine}, [=](std::int64_t first, std::int64_t last) {
    vectorised::run([=] {
      MLR3LIBTORCH_INDEPENDENT
      for (std::int64_t i = first; i < last; ++i) body(i);
    });
  });
}

/// Calls `body(i, column)` for each element of a matrix, row after row; `i` counts all elements.
/// Calls for the same row must not depend on each other; those for the same column are made in the rows' order.
template <class Body>
void for_each_in_rows(std::int64_t rows, std::int64_t width, const Body body) {
  const auto least = kElementsWorthThread / std::max<std::int64_t>(rows, 1) + 1;
  in_ranges(width, {least, kElementsOfLine}, [=](std::int64_t begin, std::int64_t end) {
    vectorised::run([=] {
      for (std::int64_t first = 0; first < rows * width; first += width) {
        MLR3LIBTORCH_INDEPENDENT
        for (std::int64_t column = begin; column < end; ++column) body(first + column, column);
      }
    });
  });
}

/// The sum of `term(i)` over i in [0, length).
template <class Term>
float sum_elements(std::int64_t length, const Term term) {
  return vectorised::run([=] { return vectorised::sum_in_lanes<float>(length, term); });
}

/// The same in double precision.
template <class Term>
double sum_doubles(std::int64_t length, const Term term) {
  return vectorised::run([=] { return vectorised::sum_in_lanes<double>(length, term); });
}

}  // namespace mlr3libtorch::kernel
