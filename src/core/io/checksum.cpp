#include "core/io/checksum.h"

#include <zlib.h>

namespace mlr3libtorch::io {

void Checksum::update(const void* bytes, std::size_t size) {
  value_ = static_cast<std::uint32_t>(crc32_z(value_, static_cast<const Bytef*>(bytes), size));
}

void Checksum::append(const Checksum& next, std::uint64_t size) {
  value_ = static_cast<std::uint32_t>(crc32_combine(value_, next.value_, static_cast<z_off_t>(size)));
}

std::string Checksum::digits() const {
  static constexpr char kHexadecimal[] = "0123456789abcdef";
  std::string digits(kDigits, '0');
  for (std::size_t i = 0; i < kDigits; ++i) digits[i] = kHexadecimal[(value_ >> (4 * (kDigits - 1 - i))) & 0xF];
  return digits;
}

}  // namespace mlr3libtorch::io
