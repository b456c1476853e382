#include <ATen/ATen.h>

#include <cmath>

#include "core/callback/mixing.h"

namespace mlr3libtorch::callback {
namespace {

std::int64_t rounded(double share, std::int64_t size) {
  return static_cast<std::int64_t>(std::llround(share * static_cast<double>(size)));
}

/// Columns of a table, at random: about `share` of them.
std::int64_t cut_columns(at::Tensor& x, const at::Tensor& other, double share, const at::Generator& generator) {
  const auto count = rounded(share, x.size(1));
  const auto order = at::randperm(x.size(1), generator, at::TensorOptions().dtype(at::kLong)).to(x.device());
  const auto columns = order.narrow(0, 0, count);
  x.index_copy_(1, columns, other.index_select(1, columns));
  return count;
}

/// A box of an image, a piece of a series: about `share` of all places, the same in every channel.
std::int64_t cut_box(at::Tensor& x, const at::Tensor& other, double share, const at::Generator& generator) {
  auto target = x;
  auto source = other;
  const auto side = std::pow(share, 1 / static_cast<double>(x.dim() - 2));
  for (std::int64_t dim = 2; dim < x.dim(); ++dim) {
    const auto length = rounded(side, x.size(dim));
    const auto start = at::randint(x.size(dim) - length + 1, {1}, generator).item<std::int64_t>();
    target = target.narrow(dim, start, length);
    source = source.narrow(dim, start, length);
  }
  target.copy_(source);
  return target.numel() / x.size(0);
}

/// A part of each row is exchanged for the same part of its partner.
class Cutmix : public Mixing {
 public:
  using Mixing::Mixing;

 protected:
  double mix(Context& context, const at::Tensor& partner, double share) const override {
    std::int64_t exchanged = 0;
    std::int64_t all = 0;
    for (auto& x : context.batch.x) {
      const auto other = x.index_select(0, partner);
      // A copy: the batch may be a view of the dataset.
      x = x.clone();
      exchanged +=
          x.dim() > 2 ? cut_box(x, other, share, context.generator) : cut_columns(x, other, share, context.generator);
      all += x.numel() / x.size(0);
    }
    return static_cast<double>(exchanged) / static_cast<double>(all);
  }
};

const auto cutmix_registration = register_mixing<Cutmix>(
    "cutmix(float alpha=1.0, float p=1.0) -> ()", "CutMix",
    "Trains on rows in which a part comes from another row: columns of a table, a box of an image. "
    "The loss is the mixture of the losses of both targets, by the share that was exchanged. "
    "Training scores compare the network's output for mixtures with the first row's target. "
    "See Yun et al. (2019), arXiv:1905.04899.");

}  // namespace
}  // namespace mlr3libtorch::callback
