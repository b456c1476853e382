#include "core/io/zip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace mlr3libtorch::io {
namespace {

constexpr std::uint64_t kLocalHeader = 30;
constexpr std::uint64_t kCentralHeader = 46;
constexpr std::uint64_t kEnd = 22;
constexpr std::uint64_t kEnd64 = 56;
constexpr std::uint64_t kLocator64 = 20;
constexpr std::uint64_t kDescriptor = 16;
constexpr std::uint32_t kHasDescriptor = 0x08;
constexpr std::uint32_t kUtf8 = 0x800;
constexpr std::uint32_t kStored = 0;
constexpr std::uint32_t kDeflated = 8;
constexpr std::uint32_t kIsFolder = 0x10;
/// Only code is deflated; a larger size would be a trap.
constexpr std::uint64_t kMostDeflated = 100'000'000;

/// What the central directory says about a record.
struct Record {
  std::string name;
  std::uint32_t flags, method, crc;
  std::uint64_t packed, size, begin;
};

class Archive {
 public:
  Archive(const std::string& bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  void check() {
    if (bytes_.size() > std::numeric_limits<std::uint32_t>::max()) refuse("it is larger than 4 GB");
    if (bytes_.substr(0, 4) != "PK\x03\x04") refuse("it is not a zip archive");
    read_directory();
    std::sort(records_.begin(), records_.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
    std::uint64_t position = 0;
    for (const auto& record : records_) position = check_record(record, position);
    if (position != directory_) refuse("there is something between its records and its directory");
    check_names();
  }

 private:
  [[noreturn]] void refuse(const std::string& reason) const {
    throw base::FileError(name_, "'" + name_ + "' is damaged or not a TorchScript file: " + reason + ".");
  }

  /// A little-endian number of so many bytes.
  std::uint64_t number(std::uint64_t at, std::uint64_t length) const {
    if (at > bytes_.size() || length > bytes_.size() - at) refuse("it ends too early");
    std::uint64_t value = 0;
    std::memcpy(&value, bytes_.data() + at, length);
    return value;
  }
  std::uint32_t half(std::uint64_t at) const { return static_cast<std::uint32_t>(number(at, 2)); }
  std::uint32_t word(std::uint64_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }

  std::string text(std::uint64_t at, std::uint64_t length) const {
    if (at > bytes_.size() || length > bytes_.size() - at) refuse("it ends too early");
    return bytes_.substr(at, length);
  }

  void expect(std::uint64_t at, std::string_view signature, const char* what) const {
    if (text(at, signature.size()) != signature) refuse(std::string("its ") + what + " is not where it should be");
  }

  void read_directory() {
    if (bytes_.size() < kEnd) refuse("it ends too early");
    const auto end = bytes_.size() - kEnd;
    expect(end, "PK\x05\x06", "end");
    const auto count = half(end + 10);
    const std::uint64_t size = word(end + 12);
    directory_ = word(end + 16);
    const bool is_one_file = half(end + 4) == 0 && half(end + 6) == 0 && half(end + 8) == count && half(end + 20) == 0;
    if (!is_one_file || directory_ + size > end) refuse("its end is damaged");
    if (directory_ + size != end) check_end64(directory_ + size, end, count, size);
    auto position = directory_;
    for (std::uint32_t i = 0; i < count; ++i) position = read_entry(position);
    if (position != directory_ + size) refuse("its directory does not have the size that its end says");
  }

  /// The second, wider end, which must say the same.
  void check_end64(std::uint64_t at, std::uint64_t end, std::uint64_t count, std::uint64_t size) const {
    if (at + kEnd64 + kLocator64 != end) refuse("there is something after its directory");
    expect(at, "PK\x06\x06", "second end");
    expect(at + kEnd64, "PK\x06\x07", "locator");
    const bool agrees = number(at + 4, 8) == kEnd64 - 12 && number(at + 16, 8) == 0 && number(at + 24, 8) == count &&
                        number(at + 32, 8) == count && number(at + 40, 8) == size && number(at + 48, 8) == directory_ &&
                        word(at + kEnd64 + 4) == 0 && number(at + kEnd64 + 8, 8) == at && word(at + kEnd64 + 16) == 1;
    if (!agrees) refuse("its two ends disagree");
  }

  std::uint64_t read_entry(std::uint64_t at) {
    expect(at, "PK\x01\x02", "directory");
    const auto name_length = half(at + 28);
    const bool has_more = half(at + 30) != 0 || half(at + 32) != 0 || half(at + 34) != 0;
    Record record{text(at + kCentralHeader, name_length),
                  half(at + 8),
                  half(at + 10),
                  word(at + 16),
                  word(at + 20),
                  word(at + 24),
                  word(at + 42)};
    const bool is_plain = (record.flags & ~(kHasDescriptor | kUtf8)) == 0 && (word(at + 38) & kIsFolder) == 0;
    if (has_more || !is_plain) refuse("its directory has entries that TorchScript does not have");
    records_.push_back(std::move(record));
    return at + kCentralHeader + name_length;
  }

  /// Checks the record that begins at `position`, and returns where the next one does.
  std::uint64_t check_record(const Record& record, std::uint64_t position) const {
    if (record.begin != position) refuse("its records overlap or have holes");
    expect(position, "PK\x03\x04", "record");
    const auto name_length = half(position + 26);
    const auto content = position + kLocalHeader + name_length + half(position + 28);
    const bool agrees = half(position + 6) == record.flags && half(position + 8) == record.method &&
                        text(position + kLocalHeader, name_length) == record.name;
    if (!agrees) refuse("a record is not what its directory says");
    const bool later = (record.flags & kHasDescriptor) != 0;
    const auto numbers = later ? content + record.packed + 4 : position + 14;
    if (later) expect(content + record.packed, "PK\x07\x08", "descriptor");
    if (word(numbers) != record.crc || word(numbers + 4) != record.packed || word(numbers + 8) != record.size) {
      refuse("a record does not have the size that its directory says");
    }
    const auto end = content + record.packed;
    if (end > directory_) refuse("a record reaches into the directory");
    if (checksum(record, content) != record.crc) refuse("the content of '" + record.name + "' is damaged");
    return later ? end + kDescriptor : end;
  }

  std::uint32_t checksum(const Record& record, std::uint64_t content) const {
    const auto* bytes = reinterpret_cast<const Bytef*>(bytes_.data() + content);
    if (record.method == kDeflated) return inflated_checksum(record, bytes);
    if (record.method != kStored || record.packed != record.size) refuse("it is packed in an unknown way");
    return static_cast<std::uint32_t>(crc32_z(0, bytes, record.size));
  }

  std::uint32_t inflated_checksum(const Record& record, const Bytef* bytes) const {
    if (record.size > kMostDeflated) refuse("'" + record.name + "' unpacks to more than 100 MB");
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) refuse("there is not enough memory to unpack it");
    stream.next_in = const_cast<Bytef*>(bytes);
    stream.avail_in = static_cast<uInt>(record.packed);
    std::array<Bytef, 1 << 14> piece;
    auto crc = crc32_z(0, nullptr, 0);
    int status = Z_OK;
    while (status == Z_OK && stream.total_out <= record.size) {
      stream.next_out = piece.data();
      stream.avail_out = static_cast<uInt>(piece.size());
      status = inflate(&stream, Z_NO_FLUSH);
      crc = crc32_z(crc, piece.data(), piece.size() - stream.avail_out);
    }
    const bool is_whole = status == Z_STREAM_END && stream.total_out == record.size && stream.avail_in == 0;
    inflateEnd(&stream);
    if (!is_whole) refuse("the content of '" + record.name + "' is damaged");
    return static_cast<std::uint32_t>(crc);
  }

  /// All lie in one folder, each once, and those that make up a module exist.
  void check_names() const {
    const auto root = records_.front().name.substr(0, records_.front().name.find('/') + 1);
    std::set<std::string> names;
    for (const auto& record : records_) {
      if (root.empty() || record.name.compare(0, root.size(), root) != 0) refuse("its records lie in several folders");
      if (!names.insert(record.name.substr(root.size())).second) refuse("it has '" + record.name + "' twice");
    }
    if (names.count("data.pkl") == 0) refuse("it is another zip archive, not a TorchScript file");
    if (names.count("constants.pkl") == 0) {
      refuse(
          "it is what torch.save() writes, not a TorchScript file; save `torch.jit.script(module)` or "
          "`torch.jit.trace(module, example)` with its method `save()`");
    }
  }

  const std::string& bytes_;
  const std::string& name_;
  std::uint64_t directory_ = 0;
  std::vector<Record> records_;
};

}  // namespace

void check_script_archive(const std::string& bytes, const std::string& name) { Archive(bytes, name).check(); }

}  // namespace mlr3libtorch::io
