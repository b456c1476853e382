#include "core/io/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/io/largest_piece.h"

namespace mlr3libtorch::io {
namespace {

[[noreturn]] void cannot_read(const std::string& path, const std::string& reason) {
  throw base::FileError(path, "Cannot read '" + path + "': " + reason + ".");
}

[[noreturn]] void cannot_read(const std::string& path, int error) {
  cannot_read(path, std::generic_category().message(error));
}

std::uint64_t regular_size(const std::string& path, int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) == -1) cannot_read(path, errno);
  if (S_ISDIR(status.st_mode)) cannot_read(path, EISDIR);
  if (!S_ISREG(status.st_mode)) cannot_read(path, "it is not a regular file");
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

InputFile::InputFile(std::string path) : path_(std::move(path)) {
  // O_NONBLOCK: opening a pipe that nobody writes to must not wait forever.
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ == -1) cannot_read(path_, errno);
  try {
    size_ = regular_size(path_, descriptor_);
  } catch (const base::FileError&) {
    ::close(descriptor_);
    throw;
  }
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read(void* bytes, std::size_t size) {
  auto* position = static_cast<char*>(bytes);
  while (size > 0) {
    const auto count = ::read(descriptor_, position, std::min(size, kLargestPiece));
    if (count == -1 && errno == EINTR) continue;
    if (count == -1) cannot_read(path_, errno);
    if (count == 0) cannot_read(path_, "it became shorter while it was read");
    position += count;
    size -= static_cast<std::size_t>(count);
  }
}

}  // namespace mlr3libtorch::io
