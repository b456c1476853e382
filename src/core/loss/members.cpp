#include "core/loss/members.h"

#include <ATen/ATen.h>

namespace mlr3libtorch::loss {
namespace {

class MembersLoss : public Loss {
 public:
  explicit MembersLoss(std::unique_ptr<Loss> loss) : loss_(std::move(loss)) {}

  at::Tensor forward(const at::Tensor& y_hat, const at::Tensor& y) const override {
    if (y_hat.dim() != 3) return loss_->forward(y_hat, y);
    return loss_->forward(y_hat.flatten(0, 1), y.repeat_interleave(y_hat.size(1), 0));
  }

  Outputs outputs() const override { return loss_->outputs(); }

  std::unique_ptr<kernel::LossKernel> kernel(std::int64_t outputs) const override { return loss_->kernel(outputs); }

 private:
  std::unique_ptr<Loss> loss_;
};

}  // namespace

std::unique_ptr<Loss> by_members(std::unique_ptr<Loss> loss) { return std::make_unique<MembersLoss>(std::move(loss)); }

}  // namespace mlr3libtorch::loss
