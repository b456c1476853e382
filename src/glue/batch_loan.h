#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/callback/context.h"

namespace mlr3libtorch::glue {

/// The batch as R code sees it in a stage: tensors that it may write to.
/// R counts classes from 1, so it gets copies of class numbers; what it has written there is taken over when the stage
/// ends. The loan of the innermost stage is the current one, since a learner may be trained in another's stage.
class BatchLoan {
 public:
  explicit BatchLoan(callback::Context& context);
  ~BatchLoan();
  BatchLoan(const BatchLoan&) = delete;
  BatchLoan& operator=(const BatchLoan&) = delete;

  /// The batch's x, or its y, as R counts. Between stages, a copy if there are class numbers.
  static std::vector<at::Tensor> lend_x(callback::Context& context);
  static at::Tensor lend_y(callback::Context& context);
  /// The batch has been replaced: what was lent of the old one does not count any more.
  static void forget(const callback::Context& context);

  /// Refuses a target that is not one of the task's classes.
  void take_back();

 private:
  struct Lent {
    at::Tensor own;        // of the batch
    at::Tensor shown;      // to R; the same tensor if there are no class numbers
    std::int64_t version;  // of `shown` when it was lent: each writing raises it
  };

  static BatchLoan* current(const callback::Context& context);
  static at::Tensor lend(const callback::Context& context, const at::Tensor& own);
  /// Whether R has written to the tensor that it saw for `own`, which then takes it over.
  bool take_back(at::Tensor& own) const;

  callback::Context& context_;
  BatchLoan* outer_;
  std::vector<Lent> lent_;
};

}  // namespace mlr3libtorch::glue
