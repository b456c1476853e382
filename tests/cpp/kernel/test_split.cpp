#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cstring>

#include "core/kernel/functions.h"
#include "core/kernel/gemm.h"
#include "core/kernel/split_choice.h"
#include "core/kernel/vectorised.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_split {
namespace {

at::Tensor numbers(at::IntArrayRef sizes, std::uint64_t seed) {
  return at::randn(sizes, at::detail::createCPUGenerator(seed));
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0;
}

/// Whether `compute()` gives the same bits on one thread and on several.
template <class Compute>
bool is_independent(const Compute& compute) {
  const auto expected = compute();
  for (const int threads : {2, 3, 5}) {
    kernel::ThreadPool pool(threads);
    const kernel::PoolScope scope(&pool);
    if (!same_bits(compute(), expected)) return false;
  }
  return true;
}

TEST_CASE("a range is cut without gaps, at multiples of the step", "[threads]") {
  for (const std::int64_t length : {1, 63, 64, 1000, 100003}) {
    for (const int parts : {1, 2, 3, 7}) {
      CHECK(kernel::cut_at(length, 64, 0, parts) == 0);
      CHECK(kernel::cut_at(length, 64, parts, parts) == length);
      for (int part = 1; part < parts; ++part) {
        const auto cut = kernel::cut_at(length, 64, part, parts);
        CHECK(cut % 64 == 0);
        CHECK(cut >= kernel::cut_at(length, 64, part - 1, parts));
        CHECK(cut <= length);
      }
    }
  }
}

TEST_CASE("loops over elements give the same bits on any number of threads", "[threads]") {
  for (const std::int64_t length : {100, 16384, 16385, 100003}) {
    const auto x = numbers({length}, 1);
    CHECK(is_independent([&] {
      auto y = at::empty({length});
      kernel::for_each_element(length, [from = x.data_ptr<float>(), to = y.data_ptr<float>()](std::int64_t i) {
        to[i] = kernel::normal_probability(from[i]) * from[i] + kernel::softplus(from[i]);
      });
      return y;
    }));
  }
}

TEST_CASE("sums over rows give the same bits on any number of threads", "[threads]") {
  for (const auto& [rows, width] : {std::pair<std::int64_t, std::int64_t>(1, 70000), {300, 257}, {4000, 33}, {9, 7}}) {
    const auto x = numbers({rows, width}, 2);
    CHECK(is_independent([&, rows = rows, width = width] {
      auto sums = at::zeros({width});
      kernel::for_each_in_rows(
          rows, width, [from = x.data_ptr<float>(), to = sums.data_ptr<float>()](std::int64_t i, std::int64_t column) {
            to[column] += from[i] * from[i];
          });
      return sums;
    }));
  }
}

TEST_CASE("products give the same bits on any number of threads", "[threads]") {
  for (const std::int64_t rows : {1, 32, 100, 256, 700}) {
    for (const std::int64_t columns : {2, 100, 400, 531}) {
      for (const std::int64_t depth : {20, 401}) {
        for (const auto& [transpose_a, transpose_b] : {std::pair(false, true), {true, false}, {false, false}}) {
          const kernel::Gemm gemm{transpose_a, transpose_b, rows, columns, depth};
          CAPTURE(rows, columns, depth, transpose_a, transpose_b);
          const auto a = numbers({rows * depth}, 3);
          const auto b = numbers({depth * columns}, 4);
          CHECK(is_independent([&] {
            auto c = at::full({rows, columns}, NAN);
            kernel::multiply(gemm, a.data_ptr<float>(), b.data_ptr<float>(), c.data_ptr<float>());
            return c;
          }));
        }
      }
    }
  }
}

TEST_CASE("large products, which the BLAS computes, give the same bits on any number of threads", "[threads]") {
  const auto a = numbers({1100, 700}, 5);
  const auto b = numbers({700, 900}, 6);
  const auto product = [&] {
    auto c = at::full({1100, 900}, NAN);
    kernel::multiply({false, false, 1100, 900, 700}, a.data_ptr<float>(), b.data_ptr<float>(), c.data_ptr<float>());
    return c;
  };
  CHECK(is_independent(product));
  CHECK(at::allclose(product(), a.mm(b), 1e-4, 1e-3));
}

/// The parts of `pieces` pieces that were split, if such a piece takes `split` seconds, and `alone` on one thread.
double share_of_split(kernel::SplitChoice& choice, int pieces, double split, double alone) {
  int count = 0;
  for (int piece = 0; piece < pieces; ++piece) {
    choice.begin(32);
    count += choice.splits() ? 1 : 0;
    choice.add(choice.splits() ? split : alone);
  }
  return static_cast<double>(count) / pieces;
}

TEST_CASE("work is split where that is faster, and hardly ever where it is not", "[threads]") {
  kernel::SplitChoice gains;
  CHECK(share_of_split(gains, 20000, 0.0006, 0.001) > 0.97);
  kernel::SplitChoice loses;
  CHECK(share_of_split(loses, 20000, 0.002, 0.001) < 0.02);
  // a trial of long pieces is a whole one of them
  kernel::SplitChoice few_gain;
  CHECK(share_of_split(few_gain, 10, 0.2, 0.3) == 0.9);
  CHECK(share_of_split(few_gain, 200, 0.2, 0.3) > 0.95);
  kernel::SplitChoice few_lose;
  share_of_split(few_lose, 10, 0.4, 0.3);
  CHECK(share_of_split(few_lose, 200, 0.4, 0.3) < 0.06);
}

TEST_CASE("work goes back to one thread within moments when a processor gets busy, and is split again", "[threads]") {
  kernel::SplitChoice choice;
  CHECK(share_of_split(choice, 5000, 0.0006, 0.001) > 0.9);
  CHECK(share_of_split(choice, 2000, 0.003, 0.001) < 0.05);
  share_of_split(choice, 3000, 0.0006, 0.001);
  CHECK(share_of_split(choice, 5000, 0.0006, 0.001) > 0.9);
}

TEST_CASE("without a pool nothing is split, and with one what the choice says", "[threads]") {
  kernel::SplitChoice choice;
  choice.begin(1);
  {
    const kernel::ChosenSplit split(choice, nullptr);
    CHECK(kernel::current_pool() == nullptr);
  }
  kernel::ThreadPool pool(2);
  const kernel::ChosenSplit split(choice, &pool);
  CHECK(kernel::current_pool() == (choice.splits() ? &pool : nullptr));
}

}  // namespace
}  // namespace mlr3libtorch::test_split
