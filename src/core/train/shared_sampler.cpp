#include "core/train/shared_sampler.h"

#include <utility>

#include "core/parallel/broadcast_value.h"

namespace mlr3libtorch::train {

SharedSampler::SharedSampler(std::shared_ptr<data::Sampler> own, std::shared_ptr<parallel::Exchange> exchange)
    : own_(std::move(own)), exchange_(std::move(exchange)) {}

at::Tensor SharedSampler::order(std::int64_t rows) {
  const auto order = exchange_->rank() == 0 ? c10::IValue(own_->order(rows)) : c10::IValue();
  base::Interrupt none;
  return parallel::broadcast_value(*exchange_, order, none).toTensor();
}

}  // namespace mlr3libtorch::train
