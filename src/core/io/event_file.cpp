#include "core/io/event_file.h"

#include <array>
#include <cstring>
#include <fstream>

#include "core/base/error.h"
#include "core/io/atomic_file.h"

namespace mlr3libtorch::io {
namespace {

// Numbers of the fields in tensorflow/core/util/event.proto and summary.proto.
enum Field : std::uint8_t {
  kWallTime = 1,
  kStep = 2,
  kFileVersion = 3,
  kSummary = 5,
  kValue = 1,
  kTag = 1,
  kSimple = 2
};
enum WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

constexpr std::uint32_t kCastagnoli = 0x82f63b78;

std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? kCastagnoli : 0);
    table[i] = value;
  }
  return table;
}

/// A CRC-32C that is masked, as TensorFlow does for checksums that are stored among their data.
std::uint32_t masked_crc(const std::string& bytes) {
  static const auto table = make_table();
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) crc = table[(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ (crc >> 8);
  crc ^= 0xffffffff;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
}

/// Little endian, whatever the machine is.
template <class Unsigned>
std::string fixed(Unsigned number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(number); ++i) bytes += static_cast<char>((number >> (8 * i)) & 0xff);
  return bytes;
}

template <class Unsigned, class Real>
std::string fixed_real(Real number) {
  Unsigned bits = 0;
  static_assert(sizeof(bits) == sizeof(number));
  std::memcpy(&bits, &number, sizeof(bits));
  return fixed(bits);
}

std::string varint(std::uint64_t number) {
  std::string bytes;
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>((number & 0x7f) | 0x80);
  return bytes + static_cast<char>(number);
}

std::string key(Field field, WireType type) { return varint(static_cast<std::uint64_t>(field) << 3 | type); }

std::string bytes_field(Field field, const std::string& bytes) {
  return key(field, kBytes) + varint(bytes.size()) + bytes;
}

std::string wall_time_field(double wall_time) {
  return key(kWallTime, kFixed64) + fixed_real<std::uint64_t>(wall_time);
}

std::string record(const std::string& event) {
  const auto length = fixed(static_cast<std::uint64_t>(event.size()));
  return length + fixed(masked_crc(length)) + event + fixed(masked_crc(event));
}

void write(const std::string& path, const std::string& bytes, std::ios::openmode mode) {
  check_target(path);
  std::ofstream file(path, std::ios::binary | mode);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw base::FileError(path, "The event file '" + path + "' cannot be written.");
}

}  // namespace

void create_event_file(const std::string& path, double wall_time) {
  const auto event = wall_time_field(wall_time) + bytes_field(kFileVersion, "brain.Event:2");
  write(path, record(event), std::ios::trunc);
}

void append_event(const std::string& path, const Scalars& scalars, std::int64_t step, double wall_time) {
  std::string summary;
  for (const auto& [tag, value] : scalars) {
    const auto number = key(kSimple, kFixed32) + fixed_real<std::uint32_t>(static_cast<float>(value));
    summary += bytes_field(kValue, bytes_field(kTag, tag) + number);
  }
  const auto position = key(kStep, kVarint) + varint(static_cast<std::uint64_t>(step));
  write(path, record(wall_time_field(wall_time) + position + bytes_field(kSummary, summary)), std::ios::app);
}

}  // namespace mlr3libtorch::io
