#include "core/io/mapped_file.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/io/sealed_header.h"

namespace mlr3libtorch::io {
namespace {

// Small enough that an interrupt is noticed within milliseconds.
constexpr std::uint64_t kSummedAtOnce = std::uint64_t{1} << 22;

char* map_file(const InputFile& file) {
  void* const address = ::mmap(nullptr, file.size(), PROT_READ, MAP_SHARED, file.descriptor(), 0);
  if (address != MAP_FAILED) return static_cast<char*>(address);
  throw base::FileError(
      file.path(), "Cannot map '" + file.path() + "' into memory: " + std::generic_category().message(errno) + ".");
}

}  // namespace

MappedFile::MappedFile(const std::string& path, bool verify, base::Interrupt& interrupt) : path_(path) {
  InputFile file(path);
  const auto text = read_header(&file);
  header_ = parse_header(text, file.size() - kLengthBytes - text.size(), path);
  if (!is_sealed(text)) throw damaged_file(path, "it has no checksum");
  memory_ = {map_file(file), Unmap{file.size()}};
  data_ = memory_.get() + kLengthBytes + text.size();
  if (verify) check_sum(text, interrupt);
}

void MappedFile::Unmap::operator()(char* begin) const noexcept { ::munmap(begin, size); }

void MappedFile::check_sum(const std::string& text, base::Interrupt& interrupt) const {
  expect(Access::kInOrder, 0);
  auto checksum = start_checksum(text);
  const auto size = header_.data_size();
  for (std::uint64_t first = 0; first < size; first += kSummedAtOnce) {
    interrupt.check();
    checksum.update(data_ + first, std::min(kSummedAtOnce, size - first));
  }
  if (header_.metadata.at(kChecksumKey) == "crc32:" + checksum.digits()) return;
  throw damaged_file(path_, "its content does not match its checksum");
}

const Entry* MappedFile::find(const std::string& name) const {
  const auto& entries = header_.entries;
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

void MappedFile::expect(Access access, std::uint64_t free) const noexcept {
  // The usual advice loads some pages around each that is touched, so a file that fits is soon there as a whole.
  const int large = access == Access::kInOrder ? MADV_SEQUENTIAL : MADV_RANDOM;
  const auto size = memory_.get_deleter().size;
  ::madvise(memory_.get(), size, size <= free ? MADV_NORMAL : large);
}

}  // namespace mlr3libtorch::io
