#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/callback/mixing.h"

namespace mlr3libtorch::callback {
namespace {

/// x becomes (1 - share) * x + share * the partner's x.
class Mixup : public Mixing {
 public:
  using Mixing::Mixing;

 protected:
  double mix(Context& context, const at::Tensor& partner, double share) const override {
    for (std::size_t i = 0; i < context.batch.x.size(); ++i) {
      auto& x = context.batch.x[i];
      if (!x.is_floating_point()) {
        throw base::ConfigError("'mixup' mixes numbers, but the input '" + context.network.inputs().at(i) +
                                    "' holds categories; use 'cutmix'.",
                                {{"input", context.network.inputs().at(i)}});
      }
      // A new tensor: the batch may be a view of the dataset.
      x = x.mul(1 - share).add_(x.index_select(0, partner), share);
    }
    return share;
  }
};

const auto mixup_registration = register_mixing<Mixup>(
    "mixup(float alpha=0.2, float p=1.0) -> ()", "Mixup",
    "Trains on mixtures of two rows each; the loss is the same mixture of the losses of both targets. "
    "Training scores compare the network's output for mixtures with the first row's target. "
    "See Zhang et al. (2018), arXiv:1710.09412.");

}  // namespace
}  // namespace mlr3libtorch::callback
