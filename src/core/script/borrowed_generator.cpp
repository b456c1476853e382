#include "core/script/borrowed_generator.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>

#include <utility>

namespace mlr3libtorch::script {

BorrowedGenerator::BorrowedGenerator(at::Generator generator) : lender_(std::move(generator)) { swap_states(); }

BorrowedGenerator::~BorrowedGenerator() { swap_states(); }

at::Generator BorrowedGenerator::stand_in() const {
  return lender_.defined() ? at::detail::getDefaultCPUGenerator() : at::Generator();
}

void BorrowedGenerator::swap_states() {
  if (!lender_.defined()) return;
  auto global = at::detail::getDefaultCPUGenerator();
  const auto state = global.get_state();
  global.set_state(lender_.get_state());
  lender_.set_state(state);
}

}  // namespace mlr3libtorch::script
