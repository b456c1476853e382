#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mlr3libtorch::io {

/// CRC-32 of a stream of bytes.
/// It is there to find damage: every burst of up to 32 bits is found, other damage is missed once in 2^32 cases.
/// It is no protection against somebody who forges a file; the reader's own checks are.
class Checksum {
 public:
  static constexpr std::size_t kDigits = 8;

  void update(const void* bytes, std::size_t size);
  /// `kDigits` lowercase hexadecimal digits.
  std::string digits() const;

 private:
  std::uint32_t value_ = 0;
};

}  // namespace mlr3libtorch::io
