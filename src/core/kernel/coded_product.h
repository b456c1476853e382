#pragma once

#include <cstdint>
#include <vector>

#include "core/kernel/coding.h"

namespace mlr3libtorch::kernel {

/// The products of a linear layer whose input is given in codes. Numbers go through a matrix product; a code picks the
/// one column of the weight that its factor's indicators would leave. Memory is kept from call to call.
class CodedProduct {
 public:
  /// y = x W', overwritten. x: [rows, coding.columns()], the codes of long rows; weight: [outputs, coding.width()];
  /// y: [rows, outputs].
  void forward(const Coding& coding, const float* x, std::int64_t rows, const float* weight, std::int64_t outputs,
               float* y);
  /// dW = dy' x for the x of the last forward call, overwritten: [outputs, coding.width()]. dy: [rows, outputs].
  void weight_gradients(const Coding& coding, std::int64_t rows, const float* dy, std::int64_t outputs,
                        float* gradients);

 private:
  void read(const Coding& coding, const float* x, std::int64_t rows);

  std::vector<std::int64_t> ones_;     // [rows, factors], positions in the long row
  std::vector<float> numbers_;         // [rows, numbers]
  std::vector<float> number_weights_;  // [outputs, numbers]: of the weight, then of its gradients
};

}  // namespace mlr3libtorch::kernel
