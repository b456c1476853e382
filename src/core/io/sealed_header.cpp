#include "core/io/sealed_header.h"

#include <algorithm>

namespace mlr3libtorch::io {

bool is_sealed(const std::string& header) { return header.compare(0, kDigitsPosition, kSealedStart) == 0; }

std::string read_header(InputFile* file, std::uint64_t largest) {
  std::uint64_t length = 0;
  if (file->size() < kLengthBytes) throw damaged_file(file->path(), "it is shorter than 8 bytes");
  file->read(&length, kLengthBytes);
  if (length > largest) throw damaged_file(file->path(), "its header is too large");
  if (length > file->size() - kLengthBytes)
    throw damaged_file(file->path(), "its header ends after the end of the file");
  std::string text(length, '\0');
  file->read(text.data(), text.size());
  return text;
}

Checksum start_checksum(std::string header) {
  const std::uint64_t length = header.size();
  if (is_sealed(header)) {
    const auto digits = std::min(Checksum::kDigits, header.size() - kDigitsPosition);
    header.replace(kDigitsPosition, digits, digits, '0');
  }
  Checksum checksum;
  checksum.update(&length, kLengthBytes);
  checksum.update(header.data(), header.size());
  return checksum;
}

void check_header_size(const std::string& header, const std::string& path) {
  if (header.size() <= kLargestHeader) return;
  throw base::ConfigError("The names and metadata for '" + path + "' take more than 100 MB, the most that is read.");
}

}  // namespace mlr3libtorch::io
