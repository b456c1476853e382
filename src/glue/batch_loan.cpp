#include "glue/batch_loan.h"

#include <algorithm>
#include <utility>

#include "glue/index_base.h"

namespace mlr3libtorch::glue {
namespace {

// Belongs to R's thread, the only one that runs stages.
BatchLoan* innermost = nullptr;

}  // namespace

BatchLoan::BatchLoan(callback::Context& context) : context_(context), outer_(std::exchange(innermost, this)) {}

BatchLoan::~BatchLoan() { innermost = outer_; }

BatchLoan* BatchLoan::current(const callback::Context& context) {
  return innermost != nullptr && &innermost->context_ == &context ? innermost : nullptr;
}

at::Tensor BatchLoan::lend(const callback::Context& context, const at::Tensor& own) {
  auto* loan = current(context);
  if (loan == nullptr || !own.defined()) return classes_to_r(own);
  auto& lent = loan->lent_;
  const auto found = std::find_if(lent.begin(), lent.end(), [&](const Lent& one) { return one.own.is_same(own); });
  if (found != lent.end()) return found->shown;
  auto shown = classes_to_r(own);
  lent.push_back({own, shown, shown._version()});
  return shown;
}

std::vector<at::Tensor> BatchLoan::lend_x(callback::Context& context) {
  context.batch.own();
  context.batch.expand();
  std::vector<at::Tensor> shown;
  for (const auto& x : context.batch.x) shown.push_back(lend(context, x));
  return shown;
}

at::Tensor BatchLoan::lend_y(callback::Context& context) {
  context.batch.own();
  return lend(context, context.batch.y);
}

void BatchLoan::forget(const callback::Context& context) {
  if (auto* loan = current(context)) loan->lent_.clear();
}

bool BatchLoan::take_back(at::Tensor& own) const {
  const auto found = std::find_if(lent_.begin(), lent_.end(), [&](const Lent& one) { return one.own.is_same(own); });
  if (found == lent_.end() || found->shown._version() == found->version) return false;
  if (!found->shown.is_same(own)) own = classes_from_r(found->shown);
  return true;
}

void BatchLoan::take_back() {
  if (lent_.empty()) return;
  auto& batch = context_.batch;
  for (auto& x : batch.x) take_back(x);
  if (take_back(batch.y)) data::check_target(batch.y, context_.classes);
}

}  // namespace mlr3libtorch::glue
