#include "core/kernel/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/kernel/background.h"

namespace mlr3libtorch::kernel {
namespace {

using SpinClock = std::chrono::steady_clock;

/// How long a thread spins before it sleeps: longer than what lies between two jobs of a step, and far shorter than the
/// milliseconds after which an operating system gives a processor to somebody else.
constexpr std::chrono::microseconds kSpinTime{40};
constexpr int kLooksPerClock = 32;

thread_local ThreadPool* pool_of_thread = nullptr;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/// Whether the condition was met within the time.
template <class Condition>
bool spin_until(const Condition& is_met) {
  const auto end = SpinClock::now() + kSpinTime;
  do {
    for (int look = 0; look < kLooksPerClock; ++look) {
      if (is_met()) return true;
      relax();
    }
  } while (SpinClock::now() < end);
  return false;
}

// Parts that nobody has begun, in one number: the job's, which makes an old number unlike a new one, the end and the
// beginning of the parts.
constexpr int kJobShift = 32;
constexpr int kEndShift = 16;
constexpr std::uint64_t kPartMask = 0xffff;

std::uint64_t first_part(std::uint64_t open) { return open & kPartMask; }
std::uint64_t end_part(std::uint64_t open) { return (open >> kEndShift) & kPartMask; }
bool has_parts(std::uint64_t open) { return first_part(open) < end_part(open); }

}  // namespace

struct ThreadPool::Crew {
  enum class Side { kFirst, kLast };

  explicit Crew(int threads) {
    const BlockedSignals blocked;
    try {
      for (int i = 1; i < threads; ++i) others.emplace_back([this] { serve(); });
    } catch (const std::system_error&) {
      // The work is shared by those that there are.
    }
  }

  bool is_whole() const { return born == fork_count(); }

  /// The life of a thread other than the caller's.
  void serve() {
    while (await_work()) work_on(Side::kLast);
  }

  bool await_work() {
    const auto is_called = [&] { return has_parts(open) || stops; };
    if (!spin_until(is_called)) {
      std::unique_lock<std::mutex> lock(mutex);
      ++sleepers;
      wake.wait(lock, is_called);
      --sleepers;
    }
    return !stops;
  }

  /// A part that nobody has begun, or -1.
  int claim(Side side) {
    auto now = open.load();
    while (has_parts(now)) {
      const bool is_first = side == Side::kFirst;
      const auto part = is_first ? first_part(now) : end_part(now) - 1;
      const auto rest = is_first ? now + 1 : now - (std::uint64_t{1} << kEndShift);
      if (open.compare_exchange_weak(now, rest)) return static_cast<int>(part);
    }
    return -1;
  }

  void work_on(Side side) {
    for (int part = claim(side); part >= 0; part = claim(side)) {
      try {
        job.work(job.context, part);
      } catch (const std::exception&) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (error == nullptr) error = std::current_exception();
      }
      finish_part();
    }
  }

  void finish_part() {
    if (--unfinished > 0 || !caller_sleeps) return;
    const std::lock_guard<std::mutex> lock(mutex);
    done.notify_one();
  }

  void start(int parts, const Job& next) {
    job = next;
    unfinished = parts;
    const auto number = (open >> kJobShift) + 1;
    open = number << kJobShift | static_cast<std::uint64_t>(parts) << kEndShift;
    // A thread that goes to sleep counts itself before it looks for work a last time, so that one of the two sees the
    // other.
    if (sleepers > 0) call_all();
  }

  void call_all() {
    { const std::lock_guard<std::mutex> lock(mutex); }
    wake.notify_all();
  }

  void await_end() {
    const auto is_done = [&] { return unfinished == 0; };
    if (!spin_until(is_done)) {
      std::unique_lock<std::mutex> lock(mutex);
      caller_sleeps = true;
      done.wait(lock, is_done);
      caller_sleeps = false;
    }
    if (error != nullptr) std::rethrow_exception(std::exchange(error, nullptr));
  }

  void end() {
    stops = true;
    call_all();
    for (auto& other : others) other.join();
  }

  // Several threads write the numbers that begin a line of the cache.
  alignas(64) std::atomic<int> unfinished{0};
  const int born = fork_count();
  std::exception_ptr error;
  Job job;
  std::vector<std::thread> others;
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable done;
  alignas(64) std::atomic<int> sleepers{0};
  std::atomic<bool> caller_sleeps{false};
  std::atomic<bool> stops{false};
  alignas(64) std::atomic<std::uint64_t> open{0};
};

ThreadPool::ThreadPool(int threads) : crew_(std::make_unique<Crew>(threads)) {}

ThreadPool::~ThreadPool() {
  if (crew_->is_whole()) {
    crew_->end();
  } else {
    // The threads are not there to be waited for, nor to leave what they were waiting on.
    static_cast<void>(crew_.release());
  }
}

int ThreadPool::threads() const noexcept { return crew_->is_whole() ? 1 + static_cast<int>(crew_->others.size()) : 1; }

void ThreadPool::run_job(int parts, const Job& job) {
  const PoolScope no_pool(nullptr);
  if (parts <= 1 || threads() == 1) {
    for (int part = 0; part < parts; ++part) job.work(job.context, part);
    return;
  }
  crew_->start(parts, job);
  crew_->work_on(Crew::Side::kFirst);
  crew_->await_end();
}

ThreadPool* current_pool() noexcept { return pool_of_thread; }

PoolScope::PoolScope(ThreadPool* pool) noexcept : before_(std::exchange(pool_of_thread, pool)) {}

PoolScope::~PoolScope() { pool_of_thread = before_; }

}  // namespace mlr3libtorch::kernel
