#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mlr3libtorch::io {

/// A regular file opened for reading; keeps reading the same content even if another file takes its name.
/// Every failure is a base::FileError that names the file.
class InputFile {
 public:
  explicit InputFile(std::string path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const noexcept { return path_; }
  /// In bytes, when it was opened.
  std::uint64_t size() const noexcept { return size_; }
  /// For calls of the system; it stays the object's own.
  int descriptor() const noexcept { return descriptor_; }
  /// Reads the next `size` bytes; fewer is an error.
  void read(void* bytes, std::size_t size);

 private:
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace mlr3libtorch::io
