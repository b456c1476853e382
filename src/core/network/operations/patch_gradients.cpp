#include "core/kernel/gemm.h"
#include "core/network/operations/convolution_product.h"

namespace mlr3libtorch::network {

PatchGradients::PatchGradients(const ConvolutionShape& shape)
    : groups_(shape.groups),
      patch_(shape.patch()),
      channels_(shape.group_outputs()),
      values_(static_cast<std::size_t>(groups_ * patch_ * channels_)) {}

void PatchGradients::add(std::int64_t group, std::int64_t places, const float* patches, const float* dy) {
  kernel::multiply({false, false, patch_, channels_, places, adds_}, patches, dy,
                   values_.data() + group * patch_ * channels_);
}

void PatchGradients::give(float* to) const {
  for (std::int64_t group = 0; group < groups_; ++group) {
    const auto first = group * channels_ * patch_;
    kernel::transpose_matrix(values_.data() + first, channels_, patch_, channels_, to + first, patch_);
  }
}

}  // namespace mlr3libtorch::network
