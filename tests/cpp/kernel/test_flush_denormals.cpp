#include <limits>
#include <vector>

#include "core/kernel/flush_denormals.h"
#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_flush_denormals {
namespace {

constexpr float kDenormal = std::numeric_limits<float>::min() / 4;

/// Not at compile time, which knows no such setting.
float half_of(volatile float value) { return value * 0.5F; }

#if defined(__x86_64__)
constexpr float kFlushed = 0;
#else
constexpr float kFlushed = kDenormal / 2;
#endif

}  // namespace

TEST_CASE("numbers with fewer digits are zeros for as long as it is asked for", "[kernel]") {
  CHECK(half_of(kDenormal) == kDenormal / 2);
  {
    const kernel::FlushDenormals outer;
    CHECK(half_of(kDenormal) == kFlushed);
    { const kernel::FlushDenormals inner; }
    CHECK(half_of(kDenormal) == kFlushed);
  }
  CHECK(half_of(kDenormal) == kDenormal / 2);
}

TEST_CASE("loops and products take denormal numbers for zeros and leave the thread as it was", "[kernel]") {
  std::vector<float> values(100, kDenormal);
  kernel::for_each_element(100, [to = values.data()](std::int64_t i) { to[i] *= 0.5F; });
  CHECK(values == std::vector<float>(100, kFlushed));
  const std::vector<float> a(64 * 64, kDenormal), b(64 * 64, 0.5F);
  std::vector<float> c(64 * 64, 1);
  kernel::multiply({false, true, 64, 64, 64}, a.data(), b.data(), c.data());
  CHECK(c == std::vector<float>(64 * 64, kFlushed * 64));
  CHECK(half_of(kDenormal) == kDenormal / 2);
}

}  // namespace mlr3libtorch::test_flush_denormals
