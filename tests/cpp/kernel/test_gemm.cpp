#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <sys/time.h>

#include <csignal>
#include <cstring>

#include "core/kernel/gemm.h"
#include "core/kernel/vectorised.h"
#include "core/train/environment.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_gemm {
namespace {

struct Operands {
  at::Tensor a, b;
  at::Tensor expected;  // in double precision
};

Operands make_operands(const kernel::Gemm& gemm) {
  const auto generator = at::detail::createCPUGenerator(1);
  const auto draw = [&](std::int64_t rows, std::int64_t columns, bool transposed) {
    return transposed ? at::randn({columns, rows}, generator) : at::randn({rows, columns}, generator);
  };
  const auto a = draw(gemm.rows, gemm.depth, gemm.transpose_a);
  const auto b = draw(gemm.depth, gemm.columns, gemm.transpose_b);
  const auto wide_a = (gemm.transpose_a ? a.t() : a).to(at::kDouble);
  const auto wide_b = (gemm.transpose_b ? b.t() : b).to(at::kDouble);
  return {a, b, wide_a.mm(wide_b)};
}

at::Tensor multiply(const kernel::Gemm& gemm, const Operands& operands) {
  auto c = at::full({gemm.rows, gemm.columns}, NAN);
  kernel::multiply(gemm, operands.a.data_ptr<float>(), operands.b.data_ptr<float>(), c.data_ptr<float>());
  return c;
}

TEST_CASE("products are right for every transposition, and for shapes of every kind", "[kernel]") {
  const train::ThreadScope one_thread({1, 1});
  for (const std::int64_t rows : {0, 1, 7, 32, 130, 3000}) {
    for (const std::int64_t columns : {1, 2, 100, 128, 200}) {
      for (const std::int64_t depth : {0, 1, 20, 129}) {
        for (const auto& [transpose_a, transpose_b] : {std::pair(false, true), {true, false}, {false, false}}) {
          const kernel::Gemm gemm{transpose_a, transpose_b, rows, columns, depth};
          CAPTURE(rows, columns, depth, transpose_a, transpose_b);
          const auto operands = make_operands(gemm);
          CHECK(at::allclose(multiply(gemm, operands).to(at::kDouble), operands.expected, 1e-5, 1e-4));
        }
      }
    }
  }
}

#ifdef MLR3LIBTORCH_DISPATCH
TEST_CASE("a row's product has the same bits among few rows and among many", "[kernel]") {
  if (kernel::vectorised::units() == kernel::vectorised::Units::kBaseline) return;  // a BLAS may sum otherwise
  const train::ThreadScope one_thread({1, 1});
  for (const bool transpose_b : {false, true}) {
    const kernel::Gemm many{false, transpose_b, 3000, 40, 300};
    auto operands = make_operands(many);
    const auto expected = multiply(many, operands).narrow(0, 1490, 20).clone();
    operands.a = operands.a.narrow(0, 1490, 20).clone();
    CHECK(at::equal(multiply({false, transpose_b, 20, 40, 300}, operands), expected));
  }
}
#endif

volatile std::sig_atomic_t signals = 0;

/// Uses the stack, as any handler may.
void handle_signal(int /*signal*/) {
  char scratch[8192];
  std::memset(scratch, 0xAB, sizeof(scratch));
  static_cast<void>(*const_cast<volatile char*>(scratch));
  signals = signals + 1;
}

/// A signal every half a millisecond, for the time this object lives.
class Timer {
 public:
  Timer() {
    struct sigaction action {};
    action.sa_handler = handle_signal;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, &before_);
    set_interval(500);
  }
  ~Timer() {
    set_interval(0);
    sigaction(SIGALRM, &before_, nullptr);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  static void set_interval(int microseconds) {
    const itimerval interval{{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &interval, nullptr);
  }
  struct sigaction before_ {};
};

TEST_CASE("signals during products harm neither the product nor the process", "[kernel]") {
  const train::ThreadScope one_thread({1, 1});
  for (const auto& [transpose_a, transpose_b] : {std::pair(false, true), {true, false}, {false, false}}) {
    const kernel::Gemm gemm{transpose_a, transpose_b, 256, 256, 128};
    const auto operands = make_operands(gemm);
    const auto expected = multiply(gemm, operands);
    signals = 0;
    const Timer timer;
    bool same = true;
    while (signals < 100) same = same && at::equal(multiply(gemm, operands), expected);
    CHECK(same);
  }
}

}  // namespace
}  // namespace mlr3libtorch::test_gemm
