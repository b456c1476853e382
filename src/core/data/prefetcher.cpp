#include "core/data/prefetcher.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/data/gather.h"
#include "core/data/read_batch.h"
#include "core/kernel/background.h"

namespace mlr3libtorch::data {
namespace {

/// How long the loop waits before it looks whether it has been interrupted.
constexpr std::chrono::milliseconds kPatience{20};

void keep_own_memory(at::Tensor& tensor) {
  if (!is_own_memory(tensor)) tensor.reset();
}

/// What is left may go to another thread. A tensor that R has made may keep objects of R, so it is freed here.
void keep_own_memory(Batch& batch) {
  batch.expansions.clear();
  for (auto& x : batch.x) keep_own_memory(x);
  for (auto& codes : batch.codes) keep_own_memory(codes.values);
  keep_own_memory(batch.y);
  keep_own_memory(batch.weights);
}

}  // namespace

at::Tensor BatchPlan::index(std::int64_t batch) const {
  if (ends.defined()) {
    const auto* end = ends.data_ptr<std::int64_t>();
    const auto first = batch == 0 ? first_row : end[batch - 1];
    return share_of(order.narrow(0, first, end[batch] - first), sharing);
  }
  const auto first = first_row + batch * batch_size;
  return share_of(order.narrow(0, first, std::min(batch_size, order.size(0) - first)), sharing);
}

struct Prefetcher::Crew {
  /// A batch's place, from when a thread begins it until the loop takes it.
  struct Slot {
    Batch batch = {};
    std::exception_ptr error = nullptr;
    bool is_ready = false;
  };

  Crew(Dataset rows, int workers)
      : dataset(std::move(rows)), slots(static_cast<std::size_t>(kBatchesAhead * std::max(workers, 1))) {
    const kernel::BlockedSignals blocked;
    try {
      for (int i = 0; i < workers; ++i) threads.emplace_back([this] { serve(); });
    } catch (const std::system_error&) {
      // Batches are read by those that there are, or by the loop.
    }
  }

  bool has_threads() const { return !threads.empty() && born == kernel::fork_count(); }
  Slot& slot_of(std::int64_t batch) { return slots[static_cast<std::size_t>(batch) % slots.size()]; }

  bool can_claim() const { return claimed < plan.batches && claimed < given + static_cast<std::int64_t>(slots.size()); }

  /// The life of a thread.
  void serve() {
    const at::NoGradGuard no_gradients;
    std::unique_lock<std::mutex> lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return stops || can_claim(); });
      if (stops) return;
      const auto batch = claimed++;
      ++busy;
      lock.unlock();
      fill(batch);
      lock.lock();
      slot_of(batch).is_ready = true;
      --busy;
      done.notify_one();
    }
  }

  /// The plan does not change while a thread is busy.
  void fill(std::int64_t batch) {
    auto& slot = slot_of(batch);
    try {
      read_batch(dataset, plan.index(batch), plan.draw, slot.batch);
    } catch (const std::exception&) {
      slot.error = std::current_exception();
    }
  }

  void begin(BatchPlan next) {
    if (!has_threads()) {
      plan = std::move(next);
      given = 0;
      return;
    }
    std::unique_lock<std::mutex> lock(mutex);
    claimed = plan.batches;
    done.wait(lock, [this] { return busy == 0; });
    for (auto& slot : slots) {
      slot.is_ready = false;
      slot.error = nullptr;
    }
    plan = std::move(next);
    claimed = 0;
    given = 0;
    wake.notify_all();
  }

  void await(const Slot& slot, base::Interrupt& interrupt) {
    std::unique_lock<std::mutex> lock(mutex);
    while (!done.wait_for(lock, kPatience, [&slot] { return slot.is_ready; })) {
      lock.unlock();
      interrupt.check();
      lock.lock();
    }
  }

  void next(Batch& batch, base::Interrupt& interrupt) {
    if (!has_threads()) return read_batch(dataset, plan.index(given++), plan.draw, batch);
    auto& slot = slot_of(given);
    await(slot, interrupt);
    if (slot.error != nullptr) std::rethrow_exception(slot.error);
    keep_own_memory(batch);
    std::swap(batch, slot.batch);
    const std::lock_guard<std::mutex> lock(mutex);
    slot.is_ready = false;
    ++given;
    wake.notify_one();
  }

  void end() {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      stops = true;
    }
    wake.notify_all();
    for (auto& thread : threads) thread.join();
  }

  const Dataset dataset;
  std::vector<Slot> slots;
  BatchPlan plan = {};
  std::int64_t claimed = 0;
  std::int64_t given = 0;
  int busy = 0;
  bool stops = false;
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable done;
  const int born = kernel::fork_count();
  // Last, since they use all that stands above.
  std::vector<std::thread> threads;
};

Prefetcher::Prefetcher(Dataset dataset, int workers) : crew_(std::make_unique<Crew>(std::move(dataset), workers)) {}

Prefetcher::~Prefetcher() {
  if (crew_->born == kernel::fork_count()) {
    crew_->end();
  } else {
    // The threads are not there to be waited for, nor to leave what they were waiting on.
    static_cast<void>(crew_.release());
  }
}

void Prefetcher::begin(BatchPlan plan) { crew_->begin(std::move(plan)); }

void Prefetcher::next(Batch& batch, base::Interrupt& interrupt) { crew_->next(batch, interrupt); }

}  // namespace mlr3libtorch::data
