#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// The files that TensorBoard reads: TensorFlow's records (length, data and a masked CRC-32C of each) of events, which
// are protocol buffers. Only what scalars need is written.
namespace mlr3libtorch::io {

using Scalars = std::vector<std::pair<std::string, double>>;

/// Starts a file; one of that name is replaced. `wall_time`: seconds since 1970. Throws base::FileError.
void create_event_file(const std::string& path, double wall_time);

/// Appends one event with the named numbers; it is in the file when this returns. Throws base::FileError.
void append_event(const std::string& path, const Scalars& scalars, std::int64_t step, double wall_time);

}  // namespace mlr3libtorch::io
