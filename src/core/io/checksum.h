#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mlr3libtorch::io {

/// CRC-32 of a stream of bytes.
/// It finds damage: every burst of up to 32 bits; other damage is missed once in 2^32 cases.
/// It does not protect against forged files; the reader's own checks do.
class Checksum {
 public:
  static constexpr std::size_t kDigits = 8;

  void update(const void* bytes, std::size_t size);
  /// As if the `size` bytes that `next` was made of had come after those of this one.
  void append(const Checksum& next, std::uint64_t size);
  /// `kDigits` lowercase hexadecimal digits.
  std::string digits() const;

 private:
  std::uint32_t value_ = 0;
};

}  // namespace mlr3libtorch::io
