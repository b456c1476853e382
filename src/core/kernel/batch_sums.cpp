#include "core/kernel/batch_sums.h"

namespace mlr3libtorch::kernel {
namespace {

thread_local BatchSums* current = nullptr;

}  // namespace

BatchSums* current_batch_sums() noexcept { return current; }

BatchSumsScope::BatchSumsScope(BatchSums* sums) noexcept : before_(current) { current = sums; }

BatchSumsScope::~BatchSumsScope() { current = before_; }

}  // namespace mlr3libtorch::kernel
