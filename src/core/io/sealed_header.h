#pragma once

#include <cstdint>
#include <string>

#include "core/io/checksum.h"
#include "core/io/header.h"
#include "core/io/input_file.h"

namespace mlr3libtorch::io {

/// The header's length, at the beginning of a safetensors file.
constexpr std::uint64_t kLengthBytes = sizeof(std::uint64_t);
/// Where the digits of the checksum are in the header of one of our files.
constexpr std::size_t kDigitsPosition = sizeof(kSealedStart) - 1;
constexpr std::uint64_t kLargestHeader = 100'000'000;

/// Whether a header begins as those of our files do.
bool is_sealed(const std::string& header);

/// Reads the text of a file's header. Throws base::FileError for a file that is too short for it.
std::string read_header(InputFile* file, std::uint64_t largest = kLargestHeader);

/// The checksum of a file up to the end of its header, with the digits taken as zeros.
Checksum start_checksum(std::string header);

/// Refuses a header that is too large to be read again.
void check_header_size(const std::string& header, const std::string& path);

}  // namespace mlr3libtorch::io
