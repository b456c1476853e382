#include "glue/stop_signal.h"

#include <csignal>

namespace mlr3libtorch::glue {
namespace {

// What a signal handler may touch.
volatile sig_atomic_t has_come_flag = 0;

int watchers = 0;
struct sigaction handler_before;

extern "C" void note_signal(int) { has_come_flag = 1; }

}  // namespace

bool stop_signal_has_come() noexcept { return has_come_flag != 0; }

void watch_stop_signal() {
  if (watchers++ > 0) return;
  has_come_flag = 0;
  struct sigaction handler = {};
  handler.sa_handler = note_signal;
  handler.sa_flags = SA_RESTART;
  sigemptyset(&handler.sa_mask);
  sigaction(SIGTERM, &handler, &handler_before);
}

void unwatch_stop_signal() {
  if (watchers == 0 || --watchers > 0) return;
  sigaction(SIGTERM, &handler_before, nullptr);
  if (has_come_flag == 0) return;
  has_come_flag = 0;
  ::raise(SIGTERM);
}

}  // namespace mlr3libtorch::glue
