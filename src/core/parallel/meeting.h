#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "core/parallel/exchange.h"

namespace mlr3libtorch::parallel {

/// Where the workers of a run find each other.
struct Meeting {
  /// Of a file that does not exist yet, in a folder that all workers, and nobody else, can write to.
  std::string path;
  /// The worker listens at this address of its machine only: a number, a name, or the name of a network interface.
  std::string address = "127.0.0.1";
  int rank = 0;
  int size = 1;
  /// How long a worker waits for the others to come: their processes may still have to start.
  std::chrono::milliseconds arrival{300000};
  /// And in each exchange.
  std::chrono::milliseconds timeout{300000};
  /// What must be the same for all workers, by its name in messages.
  std::map<std::string, std::string> facts = {};
};

/// Waits until all workers are there, and connects them, by Gloo over TCP. A worker that does not come in time, or
/// whose facts differ, is an error of kind "workers" for all of them. If this build has no Gloo, that is a ConfigError.
std::unique_ptr<Exchange> meet(const Meeting& meeting, base::Interrupt& interrupt);

/// Tells the others, before it has met them, why this worker does not come.
void refuse(const Meeting& meeting, const std::string& reason);

/// Whether this build has Gloo.
bool can_meet();

}  // namespace mlr3libtorch::parallel
