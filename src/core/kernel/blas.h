#pragma once

#include <string>

/// A column-major matrix product by the BLAS.
extern "C" void sgemm_(const char* transpose_a, const char* transpose_b, const int* rows, const int* columns,
                       const int* depth, const float* alpha, const float* a, const int* stride_a, const float* b,
                       const int* stride_b, const float* beta, float* c, const int* stride_c);

namespace mlr3libtorch::kernel {

/// The BLAS that matrix products use in this process, ours and LibTorch's: whichever library was loaded first.
struct Blas {
  /// The file; empty if it is not known.
  std::string library;
  /// Whether it is the reference implementation, which is many times slower than others.
  bool is_reference = false;
  /// The processor that OpenBLAS computes for, in its words; empty for other libraries. One that is newer than the
  /// library is taken for an old one.
  std::string processor;
  /// Whether that one has none of the vector units that ours use here.
  bool is_for_old_processor = false;
};

Blas find_blas();

}  // namespace mlr3libtorch::kernel
