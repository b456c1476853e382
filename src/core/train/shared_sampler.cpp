#include "core/train/shared_sampler.h"

#include <utility>

#include "core/parallel/broadcast_value.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::train {

SharedSampler::SharedSampler(std::shared_ptr<data::Sampler> own, std::shared_ptr<parallel::Exchange> exchange)
    : own_(std::move(own)), exchange_(std::move(exchange)) {}

data::EpochOrder SharedSampler::order(std::int64_t rows) {
  auto sent = value::make_dictionary();
  if (exchange_->rank() == 0) {
    const auto order = own_->order(rows);
    sent.insert("rows", order.rows);
    if (order.ends.defined()) sent.insert("ends", order.ends);
  }
  base::Interrupt none;
  const auto order = value::read_dictionary(parallel::broadcast_value(*exchange_, sent, none), "an epoch's order");
  return {order.at("rows").toTensor(), order.contains("ends") ? order.at("ends").toTensor() : at::Tensor()};
}

}  // namespace mlr3libtorch::train
