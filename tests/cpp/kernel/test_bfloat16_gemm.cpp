#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <vector>

#include "core/kernel/bfloat16_gemm.h"
#include "core/kernel/precision.h"
#include "core/kernel/thread_pool.h"
#include "core/train/environment.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_bfloat16_gemm {
namespace {

using kernel::Gemm;
using Multiply = std::function<void(const Gemm&, const float*, const float*, float*)>;

struct Factors {
  at::Tensor a, b;
};

Factors make_factors(const Gemm& gemm, std::uint64_t seed = 1) {
  const auto generator = at::detail::createCPUGenerator(seed);
  const auto draw = [&](std::int64_t rows, std::int64_t columns, bool transposed) {
    return transposed ? at::randn({columns, rows}, generator) : at::randn({rows, columns}, generator);
  };
  return {draw(gemm.rows, gemm.depth, gemm.transpose_a), draw(gemm.depth, gemm.columns, gemm.transpose_b)};
}

/// In double precision, of factors that LibTorch has rounded.
at::Tensor reference(const Gemm& gemm, const Factors& factors) {
  const auto rounded = [](const at::Tensor& x, bool transposed) {
    return (transposed ? x.t() : x).to(at::kBFloat16).to(at::kDouble);
  };
  return rounded(factors.a, gemm.transpose_a).mm(rounded(factors.b, gemm.transpose_b));
}

at::Tensor product(const Multiply& multiply, const Gemm& gemm, const Factors& factors, float old = NAN) {
  auto c = at::full({gemm.rows, gemm.columns}, old);
  multiply(gemm, factors.a.data_ptr<float>(), factors.b.data_ptr<float>(), c.data_ptr<float>());
  return c;
}

at::Tensor in_bfloat16(const Gemm& gemm, const Factors& factors, float old = NAN) {
  const kernel::PrecisionScope scope(kernel::Precision::kBfloat16);
  return product(kernel::multiply, gemm, factors, old);
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0;
}

std::vector<Gemm> shapes(const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& depths) {
  std::vector<Gemm> all;
  for (const auto rows : sizes) {
    for (const auto columns : sizes) {
      for (const auto depth : depths) {
        for (const bool transpose_a : {false, true}) {
          for (const bool transpose_b : {false, true}) all.push_back({transpose_a, transpose_b, rows, columns, depth});
        }
      }
    }
  }
  return all;
}

TEST_CASE("products in bfloat16 are those of the rounded factors, whatever their shape", "[bfloat16]") {
  for (const auto& gemm : shapes({1, 7, 16, 33, 130, 500}, {1, 2, 31, 64, 257})) {
    CAPTURE(gemm.rows, gemm.columns, gemm.depth, gemm.transpose_a, gemm.transpose_b);
    const auto factors = make_factors(gemm);
    CHECK(at::allclose(in_bfloat16(gemm, factors).to(at::kDouble), reference(gemm, factors), 1e-5, 1e-4));
  }
}

TEST_CASE("products in bfloat16 can be added to what is there", "[bfloat16]") {
  for (auto gemm : shapes({5, 48, 200}, {3, 300})) {
    if (gemm.transpose_b) continue;
    gemm.adds = true;
    CAPTURE(gemm.rows, gemm.columns, gemm.depth, gemm.transpose_a);
    const auto factors = make_factors(gemm);
    CHECK(at::allclose(in_bfloat16(gemm, factors, 3).to(at::kDouble), reference(gemm, factors) + 3, 1e-5, 1e-4));
  }
}

TEST_CASE("a product without depth is zero, or what is there", "[bfloat16]") {
  const Gemm gemm{false, false, 3, 2, 0};
  CHECK(at::equal(in_bfloat16(gemm, make_factors(gemm)), at::zeros({3, 2})));
  const Gemm adding{false, false, 3, 2, 0, true};
  CHECK(at::equal(in_bfloat16(adding, make_factors(adding), 2), at::full({3, 2}, 2.0F)));
}

TEST_CASE("the processor's instruction, tiles of float32 and loops give the same bits", "[bfloat16]") {
  const auto in_rows = [](const Gemm& gemm, const float* a, const float* b, float* c) {
    const auto round = [](const float* from, std::int64_t length) {
      return at::from_blob(const_cast<float*>(from), {length}).to(at::kBFloat16).to(at::kFloat);
    };
    const auto left = round(a, gemm.rows * gemm.depth);
    auto right = round(b, gemm.depth * gemm.columns);
    if (gemm.transpose_b) right = right.view({gemm.columns, gemm.depth}).t().contiguous();
    const Gemm plain{gemm.transpose_a, false, gemm.rows, gemm.columns, gemm.depth, gemm.adds};
    kernel::multiply_in_rows(plain, left.data_ptr<float>(), right.data_ptr<float>(), c);
  };
  for (auto gemm : shapes({1, 6, 49, 140, 490}, {1, 2, 65, 256, 600})) {
    gemm.adds = !gemm.transpose_b && gemm.rows == 49;
    CAPTURE(gemm.rows, gemm.columns, gemm.depth, gemm.transpose_a, gemm.transpose_b);
    const auto factors = make_factors(gemm);
    const auto expected = product(in_rows, gemm, factors, 0.7F);
    CHECK(same_bits(product(kernel::multiply_rounded, gemm, factors, 0.7F), expected));
    if (!kernel::has_bfloat16_units()) continue;
    CHECK(same_bits(product(kernel::multiply_by_units, gemm, factors, 0.7F), expected));
  }
}

TEST_CASE("the processor's tiles give the same sums but for roundings", "[bfloat16]") {
  if (!kernel::has_bfloat16_tiles()) return;
  for (auto gemm : shapes({1, 15, 32, 33, 140, 490}, {1, 2, 31, 65, 256, 600})) {
    gemm.adds = gemm.rows == 33;
    CAPTURE(gemm.rows, gemm.columns, gemm.depth, gemm.transpose_a, gemm.transpose_b);
    const auto factors = make_factors(gemm);
    const auto expected = reference(gemm, factors) + (gemm.adds ? 0.5 : 0.0);
    const auto found = product(kernel::multiply_by_tiles, gemm, factors, gemm.adds ? 0.5F : NAN);
    CHECK(at::allclose(found.to(at::kDouble), expected, 1e-5, 1e-4));
  }
}

TEST_CASE("what lies beside a product is left alone, and what lies in unused memory does no harm", "[bfloat16]") {
  const Gemm large{false, false, 130, 480, 256}, small{false, false, 3, 5, 7};
  const auto many = Factors{at::full({130, 256}, NAN), at::full({256, 480}, NAN)};
  CHECK(in_bfloat16(large, many).isnan().all().item<bool>());
  const auto factors = make_factors(small);
  CHECK(at::allclose(in_bfloat16(small, factors).to(at::kDouble), reference(small, factors), 1e-5, 1e-4));
}

TEST_CASE("numbers are rounded to bfloat16 as LibTorch rounds them", "[bfloat16]") {
  constexpr auto kInfinity = std::numeric_limits<float>::infinity();
  // Ties go to the even one of 1 + k / 128; the largest number becomes infinite.
  const auto x = at::tensor({1.0F, 1 + 1.0F / 256, 1 + 3.0F / 256, -1 - 3.0F / 256, 1 + 1.001F / 256, 3.0e38F, 3.4e38F,
                             -kInfinity, 1e-30F, 0.0F, -0.0F});
  const Gemm gemm{false, false, x.numel(), 1, 1};
  const auto expected = x.to(at::kBFloat16).to(at::kFloat).unsqueeze(1);
  for (const Multiply& multiply : {Multiply(kernel::multiply_rounded), Multiply(kernel::multiply_bfloat16)}) {
    CHECK(at::equal(product(multiply, gemm, {x, at::ones({1, 1})}), expected));
    const auto unknown = product(multiply, {false, false, 1, 1, 1}, {at::full({1, 1}, NAN), at::ones({1, 1})});
    CHECK(std::isnan(unknown.item<float>()));
  }
}

TEST_CASE("products in bfloat16 give the same bits on any number of threads", "[bfloat16][threads]") {
  for (const auto& gemm : shapes({130, 600}, {70, 700})) {
    CAPTURE(gemm.rows, gemm.columns, gemm.depth, gemm.transpose_a, gemm.transpose_b);
    const auto factors = make_factors(gemm);
    const auto expected = in_bfloat16(gemm, factors);
    const auto expected_rounded = product(kernel::multiply_rounded, gemm, factors);
    for (const int threads : {2, 3, 5}) {
      kernel::ThreadPool pool(threads);
      const kernel::PoolScope scope(&pool);
      CHECK(same_bits(in_bfloat16(gemm, factors), expected));
      CHECK(same_bits(product(kernel::multiply_rounded, gemm, factors), expected_rounded));
    }
  }
}

TEST_CASE("a precision holds in its scope only", "[bfloat16]") {
  CHECK(kernel::current_precision() == kernel::Precision::kFloat32);
  {
    const kernel::PrecisionScope outer(kernel::Precision::kBfloat16);
    const kernel::PrecisionScope inner(kernel::Precision::kFloat32);
    CHECK(kernel::current_precision() == kernel::Precision::kFloat32);
  }
  CHECK(kernel::current_precision() == kernel::Precision::kFloat32);
  CHECK(kernel::parse_precision("bfloat16") == kernel::Precision::kBfloat16);
  CHECK_THROWS_AS(kernel::parse_precision("float16"), base::UnknownNameError);
}

}  // namespace
}  // namespace mlr3libtorch::test_bfloat16_gemm
