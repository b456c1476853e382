#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace mlr3libtorch::io {

/// What a safetensors header says about one tensor.
struct Entry {
  std::string name;
  c10::ScalarType dtype = c10::ScalarType::Byte;
  std::vector<std::int64_t> shape;
  /// In bytes, from the end of the header.
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// A safetensors header: entries follow each other without holes, in the order of their offsets.
struct Header {
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;

  std::uint64_t data_size() const { return entries.empty() ? 0 : entries.back().end; }
};

/// The key under which our files keep their checksum.
constexpr char kChecksumKey[] = "checksum";
/// The beginning of a header with a checksum; the digits follow. So their place in the file is fixed.
constexpr char kSealedStart[] = R"({"__metadata__":{"checksum":"crc32:)";

/// The error for a file that breaks a rule of the format.
base::FileError damaged_file(const std::string& path, const std::string& reason);

/// Bytes of a tensor; false if the number does not fit (a dimension of 0 counts as 1 in that check, as strides do).
bool byte_size(c10::ScalarType dtype, const std::vector<std::int64_t>& shape, std::uint64_t* size);

/// The text of a header whose checksum digits are all zero, padded so that the tensors after it are aligned.
/// Throws base::ConfigError for text that is not UTF-8 and for the metadata key of the checksum.
std::string format_header(const Header& header);

/// Reads the text of a header and checks every rule of the format before anything is allocated from it.
/// `data_size`: bytes in the file after the header. `path` is used in errors (base::FileError) only.
Header parse_header(const std::string& text, std::uint64_t data_size, const std::string& path);

}  // namespace mlr3libtorch::io
