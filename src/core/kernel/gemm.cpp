#include "core/kernel/gemm.h"

#include <algorithm>
#include <limits>

#ifdef MLR3LIBTORCH_ONEDNN
#include <ATen/Parallel.h>
#include <dnnl.h>

#include <csignal>
#endif

#include "core/base/error.h"

extern "C" void sgemm_(const char* transpose_a, const char* transpose_b, const int* rows, const int* columns,
                       const int* depth, const float* alpha, const float* a, const int* stride_a, const float* b,
                       const int* stride_b, const float* beta, float* c, const int* stride_c);

namespace mlr3libtorch::kernel {
namespace {

int to_blas(std::int64_t size) {
  if (size <= std::numeric_limits<int>::max()) return static_cast<int>(size);
  throw base::Error("too_large", "A matrix of this size does not fit the BLAS; use a smaller batch size.",
                    {{"size", size}});
}

struct Strides {
  std::int64_t a, b, c;
};

Strides strides(const Gemm& gemm) {
  return {gemm.transpose_a ? gemm.rows : gemm.depth, gemm.transpose_b ? gemm.depth : gemm.columns, gemm.columns};
}

/// The BLAS counts by columns: it is given the transposed product, b' a' = c'.
void multiply_by_blas(const Gemm& gemm, const float* a, const float* b, float* c) {
  const auto stride = strides(gemm);
  const char transpose_b = gemm.transpose_b ? 'T' : 'N';
  const char transpose_a = gemm.transpose_a ? 'T' : 'N';
  const int columns = to_blas(gemm.columns);
  const int rows = to_blas(gemm.rows);
  const int depth = to_blas(gemm.depth);
  const int stride_a = to_blas(stride.a);
  const int stride_b = to_blas(stride.b);
  const int stride_c = to_blas(stride.c);
  const float one = 1;
  const float zero = 0;
  sgemm_(&transpose_b, &transpose_a, &columns, &rows, &depth, &one, b, &stride_b, a, &stride_a, &zero, c, &stride_c);
}

#ifdef MLR3LIBTORCH_ONEDNN
/// Signals wait while this object lives. oneDNN's products (2.6 at least) use the stack below its pointer, where a
/// signal's handler runs: without this, Ctrl-C or a profiler's clock would now and then destroy the process's memory.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t held;
    sigfillset(&held);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&held, fault);
    pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_;
};

/// oneDNN packs its operands, which pays for wide matrices; the BLAS is the better one for small ones. The bounds come
/// from measurements of both on the shapes of small and middle-sized networks. On several threads the BLAS is the
/// better one, and signals could reach a thread of oneDNN's.
bool prefers_onednn(const Gemm& gemm) {
  constexpr std::int64_t kNarrow = 24;
  constexpr std::int64_t kWide = 128;
  constexpr std::int64_t kVector = 16;
  constexpr double kWorthwhile = 1e6;  // floating point operations
  if (gemm.operations() < kWorthwhile || std::min(gemm.rows, gemm.columns) < kNarrow) return false;
  if (at::get_num_threads() > 1) return false;
  if (gemm.transpose_b) return gemm.columns >= kWide || gemm.columns % kVector == 0;
  return gemm.columns > kWide && gemm.depth >= kNarrow;
}

bool multiply_by_onednn(const Gemm& gemm, const float* a, const float* b, float* c) {
  const SignalsHeld held;
  const auto stride = strides(gemm);
  return dnnl_sgemm(gemm.transpose_a ? 'T' : 'N', gemm.transpose_b ? 'T' : 'N', gemm.rows, gemm.columns, gemm.depth, 1,
                    a, stride.a, b, stride.b, 0, c, stride.c) == dnnl_success;
}
#endif

}  // namespace

void multiply(const Gemm& gemm, const float* a, const float* b, float* c) {
  if (gemm.rows == 0 || gemm.columns == 0) return;
  if (gemm.depth == 0) {
    std::fill_n(c, gemm.rows * gemm.columns, 0.0F);
    return;
  }
#ifdef MLR3LIBTORCH_ONEDNN
  if (prefers_onednn(gemm) && multiply_by_onednn(gemm, a, b, c)) return;
#endif
  multiply_by_blas(gemm, a, b, c);
}

}  // namespace mlr3libtorch::kernel
