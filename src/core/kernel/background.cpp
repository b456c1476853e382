#include "core/kernel/background.h"

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <initializer_list>

namespace mlr3libtorch::kernel {
namespace {

std::atomic<int> forks{0};
extern "C" void count_fork() { forks.fetch_add(1); }
[[maybe_unused]] const int fork_registration = pthread_atfork(nullptr, nullptr, count_fork);

}  // namespace

BlockedSignals::BlockedSignals() {
  sigset_t all;
  sigfillset(&all);
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigdelset(&all, own);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

BlockedSignals::~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

int fork_count() noexcept { return forks.load(std::memory_order_relaxed); }

}  // namespace mlr3libtorch::kernel
