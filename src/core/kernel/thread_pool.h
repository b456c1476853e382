#pragma once

#include <memory>

#include "core/kernel/precision.h"

namespace mlr3libtorch::kernel {

/// Threads that work together on one job after the other; the caller's is one of them. Between two jobs the others wait
/// by spinning for a moment and then sleep, so that they leave the processor to other programs. They take no signals.
/// In a process that has been forked since, the caller works alone. See docs/decisions/threads.md.
class ThreadPool {
 public:
  /// The most parts of a job.
  static constexpr int kMostParts = 65535;

  /// Starts `threads - 1` threads, or as many of them as the system gives.
  explicit ThreadPool(int threads);
  /// Not while it works.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Those that work now, the caller's included.
  int threads() const noexcept;

  /// Calls `body(part)` once for each part from 0 up to, not including, `parts`, and returns when all have been worked
  /// on. The caller begins with the first ones, the others with the last. What parts throw is std::exception; the first
  /// of them is thrown again. Only one thread may call this, and no part may. Products in the parts have the precision
  /// of the caller's.
  template <class Body>
  void run(int parts, const Body& body) {
    const auto in_precision = [&body, precision = current_precision()](int part) {
      const PrecisionScope scope(precision);
      body(part);
    };
    using Work = decltype(in_precision);
    run_job(parts, {[](const void* context, int part) { (*static_cast<Work*>(context))(part); }, &in_precision});
  }

 private:
  struct Job {
    void (*work)(const void* context, int part) = nullptr;
    const void* context = nullptr;
  };
  struct Crew;

  void run_job(int parts, const Job& job);

  std::unique_ptr<Crew> crew_;
};

/// The pool that loops and products on this thread are split over: null outside of every scope, on the pool's own
/// threads, and while the pool works.
ThreadPool* current_pool() noexcept;

/// Makes a pool the current one, or none, during this object's lifetime.
class PoolScope {
 public:
  explicit PoolScope(ThreadPool* pool) noexcept;
  ~PoolScope();
  PoolScope(const PoolScope&) = delete;
  PoolScope& operator=(const PoolScope&) = delete;

 private:
  ThreadPool* before_;
};

}  // namespace mlr3libtorch::kernel
