#pragma once

#include <ATen/core/Generator.h>

namespace mlr3libtorch::script {

/// While this object lives, what draws from LibTorch's global CPU generator draws the numbers of `generator`, which has
/// moved on afterwards; the global one is as it was. For code that can be given no generator. Does nothing without one.
class BorrowedGenerator {
 public:
  explicit BorrowedGenerator(const at::Generator& generator);
  ~BorrowedGenerator();
  BorrowedGenerator(const BorrowedGenerator&) = delete;
  BorrowedGenerator& operator=(const BorrowedGenerator&) = delete;

  /// What to draw from meanwhile where a generator can be given: the global one; undefined without a lender.
  at::Generator stand_in() const;

 private:
  void swap_states();

  at::Generator lender_;
};

}  // namespace mlr3libtorch::script
