#pragma once

#include <memory>

#include "core/data/sampler.h"
#include "core/parallel/exchange.h"

namespace mlr3libtorch::train {

/// An order that the first worker's sampler gives, for all workers.
class SharedSampler : public data::Sampler {
 public:
  SharedSampler(std::shared_ptr<data::Sampler> own, std::shared_ptr<parallel::Exchange> exchange);
  data::EpochOrder order(std::int64_t rows) override;

 private:
  std::shared_ptr<data::Sampler> own_;
  std::shared_ptr<parallel::Exchange> exchange_;
};

}  // namespace mlr3libtorch::train
