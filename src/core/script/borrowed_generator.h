#pragma once

#include <ATen/core/Generator.h>

namespace mlr3libtorch::script {

/// During this object's lifetime, code that draws from LibTorch's global CPU generator gets the numbers of `generator`,
/// which moves on; the global one stays as it is. For code that takes no generator. Does nothing without one.
class BorrowedGenerator {
 public:
  explicit BorrowedGenerator(at::Generator generator);
  ~BorrowedGenerator();
  BorrowedGenerator(const BorrowedGenerator&) = delete;
  BorrowedGenerator& operator=(const BorrowedGenerator&) = delete;

  /// The generator to use meanwhile by code that takes one: the global one; undefined without a lender.
  at::Generator stand_in() const;

 private:
  void swap_states();

  at::Generator lender_;
};

}  // namespace mlr3libtorch::script
