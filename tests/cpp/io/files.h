#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "core/io/safetensors.h"

namespace mlr3libtorch::io::testing {

/// A folder that is removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string read_bytes(const std::string& path);
void write_bytes(const std::string& path, const std::string& bytes);

/// A file with this header and these bytes behind it.
std::string file_of(const std::string& header, const std::string& data);
/// The same file with the right checksum, if its header has a place for one.
std::string sealed(std::string bytes);
/// A header with a checksum and `entries` (`"name":{…},…`) in it.
std::string header_of(const std::string& entries);

/// Reads with default options and nobody to interrupt.
Contents read(const std::string& path);
void write(const std::string& path, const Contents& contents);

/// Same names, metadata, dtypes, shapes and bytes.
bool same(const Contents& a, const Contents& b);

/// A small file's content: several dtypes, an empty tensor, metadata.
Contents small_contents();

}  // namespace mlr3libtorch::io::testing
