#pragma once

#include <cstdint>

namespace mlr3libtorch::io {

/// About how many more bytes this process may use: what the system says is available, or what its group of processes
/// (cgroup) or its own limits leave, if that is less. Half of the machine's memory if the system says nothing.
std::uint64_t free_memory();

}  // namespace mlr3libtorch::io
