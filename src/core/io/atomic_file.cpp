#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/io/largest_piece.h"

namespace mlr3libtorch::io {
namespace {

constexpr int kNone = -1;

/// Repeats a system call while signals interrupt it.
template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

[[noreturn]] void cannot_write(const std::string& path, const std::string& reason) {
  throw base::FileError(path, "Cannot write '" + path + "': " + reason + ".");
}

[[noreturn]] void cannot_write(const std::string& path, int error) {
  cannot_write(path, std::generic_category().message(error));
}

}  // namespace

void check_target(const std::string& path) {
  struct stat status {};
  // If nothing exists yet, opening the file beside it shows what is wrong with its folder.
  if (::stat(path.c_str(), &status) == -1) return;
  if (S_ISDIR(status.st_mode)) cannot_write(path, EISDIR);
  if (!S_ISREG(status.st_mode)) cannot_write(path, "it is not a regular file");
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) cannot_write(path_, ENOENT);
  check_target(path_);
  open_temporary();
}

AtomicFile::~AtomicFile() {
  if (temporary_.empty()) return;
  if (descriptor_ != kNone) ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::open_temporary() {
  // The process number keeps processes apart; an existing file was left by one that was killed.
  const auto start = path_ + kTemporaryMark + std::to_string(::getpid()) + "-";
  constexpr int kAttempts = 1000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto candidate = start + std::to_string(attempt);
    descriptor_ = retried([&] { return ::open(candidate.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
    if (descriptor_ != kNone) {
      temporary_ = candidate;
      return;
    }
    if (errno != EEXIST) break;
  }
  cannot_write(path_, errno);
}

void AtomicFile::write(const void* bytes, std::size_t size) {
  const auto* position = static_cast<const char*>(bytes);
  while (size > 0) {
    const auto written = retried([&] { return ::write(descriptor_, position, std::min(size, kLargestPiece)); });
    if (written == -1) cannot_write(path_, errno);
    position += written;
    size -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::overwrite(std::uint64_t offset, const void* bytes, std::size_t size) {
  const auto* position = static_cast<const char*>(bytes);
  while (size > 0) {
    const auto written = retried([&] { return ::pwrite(descriptor_, position, size, static_cast<off_t>(offset)); });
    if (written == -1) cannot_write(path_, errno);
    position += written;
    offset += static_cast<std::uint64_t>(written);
    size -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  if (retried([&] { return ::fsync(descriptor_); }) == -1) cannot_write(path_, errno);
  close_descriptor();
  if (std::rename(temporary_.c_str(), path_.c_str()) == -1) cannot_write(path_, errno);
  temporary_.clear();
  sync_folder();
}

void AtomicFile::close_descriptor() {
  const int descriptor = std::exchange(descriptor_, kNone);
  // Some network file systems report a full disk only here.
  if (::close(descriptor) == -1 && errno != EINTR) cannot_write(path_, errno);
}

void AtomicFile::sync_folder() const {
  const auto folder = folder_of(path_);
  const int descriptor = retried([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor == kNone)
    return;  // The folder may be written but not read: the rename holds, but reaches the disk later.
  const int result = retried([&] { return ::fsync(descriptor); });
  const int error = errno;
  ::close(descriptor);
  // EINVAL: this file system has no way to sync a folder.
  if (result == -1 && error != EINVAL) cannot_write(path_, error);
}
}  // namespace mlr3libtorch::io
