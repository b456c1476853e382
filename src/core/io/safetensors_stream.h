#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/io/atomic_file.h"
#include "core/io/checksum.h"
#include "core/io/header.h"

namespace mlr3libtorch::io {

/// Writes a safetensors file whose tensors are known only piece by piece, and its first one only at the end, in one
/// step (see AtomicFile) and with a checksum over all of its bytes.
/// Throws base::FileError when the file cannot be written.
class SafetensorsStream {
 public:
  /// The entries of the header lie as they will in the file. Room is left for the first tensor.
  SafetensorsStream(const std::string& path, Header header);

  /// Appends bytes of the tensors after the first one.
  void append(const void* bytes, std::size_t size);
  /// `first`: the bytes of the first tensor. All others must have been appended.
  void commit(const void* first);

 private:
  Header header_;
  std::string text_;
  std::uint64_t first_size_;
  AtomicFile file_;
  Checksum rest_;
  std::uint64_t rest_size_ = 0;
};

}  // namespace mlr3libtorch::io
