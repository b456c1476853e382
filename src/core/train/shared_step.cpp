#include "core/train/shared_step.h"

#include <ATen/ATen.h>

#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/data/gather.h"
#include "core/kernel/batch_sums.h"

namespace mlr3libtorch::train {
namespace {

/// This worker's share is the context's batch during this object's lifetime.
class ShareScope {
 public:
  ShareScope(callback::Context& context, const data::Share& share, bool training)
      : context_(context), whole_(std::move(context.batch)), second_target_(context.second_target) {
    whole_.drop_outdated_codes();
    const auto [first, rows] = share;
    context.batch = whole_.rows_from(first, rows);
    // In validation, it is what the last training batch has left.
    if (!training || !second_target_) return;
    const auto& [y, mixed, weights] = *second_target_;
    context.second_target = {data::view_rows(y, first, rows), mixed, data::view_rows(weights, first, rows)};
  }
  ~ShareScope() {
    context_.batch = std::move(whole_);
    context_.second_target = std::move(second_target_);
  }
  ShareScope(const ShareScope&) = delete;
  ShareScope& operator=(const ShareScope&) = delete;

  /// What the share's loss counts in the batch's: a mean is over rows, which may weigh nothing.
  void weigh() {
    const auto& loss = context_.loss_fn;
    const auto denominator = [&](const data::Batch& batch) { return loss.denominator(batch.y, batch.weights); };
    auto own = denominator(context_.batch);
    if (context_.second_target) {
      auto& [y, share, weights] = *context_.second_target;
      const auto second = share * loss.denominator(y, weights);
      own = (1 - share) * own + second;
      if (own > 0) share = second / own;
    }
    const auto all = denominator(whole_);
    context_.batch.loss_share = all > 0 ? own / all : 0;
  }

 private:
  callback::Context& context_;
  data::Batch whole_;
  std::optional<callback::SecondTarget> second_target_;
};

/// Of a batch that is shared.
class SharedSums : public kernel::BatchSums {
 public:
  SharedSums(std::int64_t rows, parallel::Exchange& exchange, base::Interrupt& interrupt)
      : rows_(rows), exchange_(exchange), interrupt_(interrupt) {}

  std::int64_t rows() const override { return rows_; }
  void add_others(float* numbers, std::int64_t count) override {
    exchange_.begin_sum(at::from_blob(numbers, {count}, at::kFloat))->wait(interrupt_);
  }

 private:
  std::int64_t rows_;
  parallel::Exchange& exchange_;
  base::Interrupt& interrupt_;
};

/// Rows of all workers, in their order. All give tensors of the same size, so the smaller ones get one row more.
at::Tensor gathered(const at::Tensor& own, std::int64_t rows, const data::Sharing& sharing,
                    parallel::Exchange& exchange, base::Interrupt& interrupt) {
  const auto most = sharing.of(rows, 0).rows;
  auto padded = own.contiguous();
  if (own.size(0) < most) padded = at::cat({own, own.narrow(0, 0, 1)});
  const auto all = exchange.gather(padded, interrupt);
  std::vector<at::Tensor> parts;
  for (int worker = 0; worker < exchange.size(); ++worker) {
    parts.push_back(all[worker].narrow(0, 0, sharing.of(rows, worker).rows));
  }
  return at::cat(parts);
}

/// What they change, the other workers would not.
void refuse_hooks(const network::Network& network) {
  if (network.hooks().empty() && !network.has_gradient_hooks()) return;
  throw base::ConfigError(
      "A callback has set a hook on the network, but hooks run in the first worker only, so they cannot be used in a "
      "run "
      "that is spread over several; train with `workers = 1`.");
}

}  // namespace

SharedStep::SharedStep(std::unique_ptr<Step> own, std::shared_ptr<parallel::Exchange> exchange,
                       const SharedStepOptions& options)
    : own_(std::move(own)), exchange_(std::move(exchange)), options_(options), gradients_(*exchange_) {
  own_->tell_of_gradients([this](std::size_t first, std::size_t /*last*/) { gradients_.add(first); });
}

/// Rows of the batch, if it is shared; a callback may have changed their number. 0 if it is not.
std::int64_t SharedStep::rows_to_share(callback::Context& context, base::Interrupt& interrupt) {
  refuse_hooks(context.network);
  auto& batch = context.batch;
  if (batch.x.empty()) return 0;
  if (!batch.is_share_read) {
    const auto rows = data::input_rows(batch.x, batch.codes);
    return options_.sharing.divides(rows) ? rows : 0;
  }
  const auto rows = batch.rows();
  if (batch.y.defined() && batch.y.size(0) != rows) {
    batch.y = gathered(batch.y, rows, options_.sharing, *exchange_, interrupt);
  }
  return rows;
}

/// What one of them was asked, all of them know after the next batch that they share.
bool SharedStep::agree_to_stop(bool asked) {
  asked_to_stop_ = asked;
  return agreed_to_stop_;
}

void SharedStep::compute_gradients(callback::Context& context, base::Interrupt& interrupt) {
  const auto rows = rows_to_share(context, interrupt);
  if (rows == 0) return own_->compute_gradients(context, interrupt);
  {
    ShareScope scope(context, options_.sharing.of(rows), true);
    scope.weigh();
    SharedSums sums(rows, *exchange_, interrupt);
    const kernel::BatchSumsScope sums_scope(options_.sync_batch_norm ? &sums : nullptr);
    gradients_.begin(context.network.memory());
    own_->compute_gradients(context, interrupt);
    add_up_gradients(context, interrupt);
  }
  if (options_.shows_outputs || context.is_scored) gather_outputs(context, rows, interrupt);
  context.timing.lap(callback::Part::kBackward);
}

void SharedStep::add_up_gradients(callback::Context& context, base::Interrupt& interrupt) {
  context.network.collect_gradients();
  const auto own_loss = context.batch.loss_share == 0 ? 0 : context.loss.item<double>() * context.batch.loss_share;
  auto numbers = at::tensor({own_loss, asked_to_stop_ ? 1.0 : 0.0}, at::kDouble);
  const auto sum = exchange_->begin_sum(numbers);
  gradients_.finish(interrupt);
  sum->wait(interrupt);
  context.loss = numbers[0].to(at::kFloat);
  agreed_to_stop_ = numbers[1].item<double>() > 0;
}

void SharedStep::gather_outputs(callback::Context& context, std::int64_t rows, base::Interrupt& interrupt) {
  for (auto& y_hat : context.y_hats) y_hat = gathered(y_hat, rows, options_.sharing, *exchange_, interrupt);
}

void SharedStep::update(callback::Context& context) {
  own_->update(context);
  if (!options_.sync_batch_norm && context.network.normalises_batches()) share_buffers(context);
}

/// Those of the first worker.
void SharedStep::share_buffers(const callback::Context& context) {
  std::vector<at::Tensor> buffers;
  for (const auto& [name, buffer] : context.network.buffers()) {
    if (buffer.is_floating_point()) buffers.push_back(buffer.reshape({-1}));
  }
  if (buffers.empty()) return;
  auto all = at::cat(buffers);
  exchange_->broadcast(all, *context.interrupt);
  std::int64_t first = 0;
  for (auto& buffer : buffers) {
    buffer.copy_(all.narrow(0, first, buffer.numel()));
    first += buffer.numel();
  }
}

void SharedStep::evaluate(callback::Context& context, base::Interrupt& interrupt) {
  const auto rows = rows_to_share(context, interrupt);
  if (rows == 0) return own_->evaluate(context, interrupt);
  {
    const ShareScope scope(context, options_.sharing.of(rows), false);
    own_->evaluate(context, interrupt);
  }
  gather_outputs(context, rows, interrupt);
}

}  // namespace mlr3libtorch::train
