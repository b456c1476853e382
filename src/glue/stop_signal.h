#pragma once

namespace mlr3libtorch::glue {

// SIGTERM asks the training to stop where it can go on later. Trainings nest, and so do these calls.

/// From now on the signal sets a flag and does nothing else.
void watch_stop_signal();
/// As before `watch_stop_signal()`; a signal that came meanwhile is sent again if nobody is watching any more.
void unwatch_stop_signal();
bool stop_signal_has_come() noexcept;

}  // namespace mlr3libtorch::glue
