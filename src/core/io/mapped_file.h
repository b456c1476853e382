#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/interrupt.h"
#include "core/io/header.h"

namespace mlr3libtorch::io {

/// How the bytes of a mapped file will be read.
enum class Access {
  kInOrder,
  kAnywhere,
};

/// A safetensors file of ours whose bytes are read in place: the system loads pages when they are touched, and may drop
/// them again. It stays what it was if another file takes its name; shortening it meanwhile ends the process.
class MappedFile {
 public:
  /// Refuses a file that breaks a rule of the format or lacks a checksum. `verify`: also one whose bytes do not match
  /// it, for which all of them are read. Throws base::FileError.
  MappedFile(const std::string& path, bool verify, base::Interrupt& interrupt);

  const std::string& path() const noexcept { return path_; }
  const Header& header() const noexcept { return header_; }
  /// The tensor of that name; null if there is none.
  const Entry* find(const std::string& name) const;
  /// Read-only.
  const char* bytes(const Entry& entry) const { return data_ + entry.begin; }

  /// A hint for the system: a file that does not fit into `free` bytes is read ahead far, or not at all.
  void expect(Access access, std::uint64_t free) const noexcept;

 private:
  struct Unmap {
    std::uint64_t size;
    void operator()(char* begin) const noexcept;
  };

  void check_sum(const std::string& text, base::Interrupt& interrupt) const;

  std::string path_;
  Header header_;
  std::unique_ptr<char, Unmap> memory_;
  const char* data_ = nullptr;  // behind the header
};

}  // namespace mlr3libtorch::io
