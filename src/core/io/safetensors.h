#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "core/base/interrupt.h"
#include "core/io/sealed_header.h"

namespace mlr3libtorch::io {

/// What a safetensors file holds: named tensors of any shape, and named strings.
struct Contents {
  std::map<std::string, at::Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

struct ReadOptions {
  /// Files of other programs have no checksum; ours always have one, so its absence is damage.
  bool require_checksum = true;
  std::uint64_t largest_header = kLargestHeader;
};

/// Writes a safetensors file in one step (see AtomicFile) with a checksum over all of its bytes.
/// Tensors may lie on any device and in any order in memory; they must be dense and of a dtype that the format has.
/// Throws base::ConfigError for a tensor that is not, base::FileError when the file cannot be written.
void write_safetensors(const std::string& path, const Contents& contents, base::Interrupt& interrupt);

/// Reads a safetensors file into tensors on the CPU that own their memory.
/// The whole header is validated before memory is allocated, and never more memory than the file's size.
/// Throws base::FileError that says what is wrong; content that the checksum does not confirm is not returned.
Contents read_safetensors(const std::string& path, base::Interrupt& interrupt, const ReadOptions& options = {});

}  // namespace mlr3libtorch::io
