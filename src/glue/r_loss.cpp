// A loss that is an R function.

#include <ATen/core/Tensor.h>

#include "core/base/error.h"
#include "core/loss/loss.h"
#include "glue/index_base.h"
#include "glue/r_function.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {
namespace {

class RLoss : public loss::Loss {
 public:
  explicit RLoss(const value::Arguments& arguments)
      : Loss(loss::reduction_code(arguments)),
        outputs_(arguments.get<std::int64_t>("outputs")),
        function_(call_package("start_loss", {tensor_bytes(arguments.get<at::Tensor>("fn"))})) {}

  loss::Outputs outputs() const override { return {loss::Outputs::Meaning::kValue, outputs_, {}}; }
  bool is_user_code() const override { return true; }

 private:
  at::Tensor row_losses(const at::Tensor& y_hat, const at::Tensor& y) const override {
    const Rcpp::RObject outputs = wrap_tensor(y_hat);
    const Rcpp::RObject truth = wrap_tensor(classes_to_r(y));
    const auto result = call_function(function_, {outputs, truth});
    if (!is_tensor_handle(result)) {
      throw base::Error("function", "The loss's R function must return a tensor with one number for each row.");
    }
    auto losses = unwrap_tensor(result);
    loss::check_own_losses(losses, y_hat, y);
    return losses;
  }

  std::int64_t outputs_;
  Rcpp::RObject function_;
};

const loss::LossRegistration r_loss_registration(
    "fn(Tensor fn, int outputs=1, str reduction='mean') -> ()",
    {"R Function",
     "What an R function returns for the network's output and the truth: one number for each row.",
     {{"fn", "A function of (y_hat, y), tensors with a row for each row of the batch, that returns such a tensor."},
      {"outputs", "The number of outputs of the network for each predicted number; the first one is the prediction.",
       1},
      loss::reduction_description()},
     {"classif", "regr", "multiregr", "surv"}},
    [](const value::Arguments& arguments) { return std::make_unique<RLoss>(arguments); });

}  // namespace
}  // namespace mlr3libtorch::glue
