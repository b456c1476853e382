#include "core/io/safetensors.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/checksum.h"
#include "core/io/dtype.h"
#include "core/io/header.h"
#include "core/io/input_file.h"
#include "core/io/sealed_header.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors are little-endian and copied as they are");

namespace mlr3libtorch::io {
namespace {

// Small enough that an interrupt is noticed within milliseconds.
constexpr std::size_t kPiece = std::size_t{1} << 22;

/// Calls `handle(bytes, size)` for each piece of a tensor's memory.
template <class Handle>
void for_each_piece(const at::Tensor& tensor, base::Interrupt& interrupt, Handle handle) {
  auto* const bytes = static_cast<char*>(tensor.data_ptr());
  const std::size_t size = tensor.nbytes();
  for (std::size_t offset = 0; offset < size; offset += kPiece) {
    interrupt.check();
    handle(bytes + offset, std::min(kPiece, size - offset));
  }
}

void check_tensor(const std::string& name, const at::Tensor& tensor) {
  const auto what = "Tensor '" + name + "'";
  if (name == "__metadata__")
    throw base::ConfigError("'__metadata__' cannot be the name of a tensor in a safetensors file.");
  if (!tensor.defined()) throw base::ConfigError(what + " has no values.");
  if (tensor.layout() != c10::kStrided) throw base::ConfigError(what + " is sparse; safetensors hold dense tensors.");
  if (!name_of_dtype(tensor.scalar_type())) {
    throw base::ConfigError(what + " has dtype " + c10::toString(tensor.scalar_type()) +
                            ", which safetensors do not have.");
  }
}

/// Where each tensor will lie: the widest types first, so that each is aligned.
Header lay_out(const Contents& contents) {
  Header header;
  header.metadata = contents.metadata;
  for (const auto& [name, tensor] : contents.tensors) {
    check_tensor(name, tensor);
    header.entries.push_back({name, tensor.scalar_type(), tensor.sizes().vec(), 0, tensor.nbytes()});
  }
  std::stable_sort(header.entries.begin(), header.entries.end(), [](const Entry& a, const Entry& b) {
    return c10::elementSize(a.dtype) > c10::elementSize(b.dtype);
  });
  std::uint64_t position = 0;
  for (auto& entry : header.entries) {
    entry.begin = position;
    position += entry.end;
    entry.end = position;
  }
  return header;
}

/// Writes, and computes the checksum at the same time.
class SummedOutput {
 public:
  explicit SummedOutput(AtomicFile* file) : file_(file) {}

  void write(const void* bytes, std::size_t size) {
    file_->write(bytes, size);
    checksum_.update(bytes, size);
  }
  std::string digits() const { return checksum_.digits(); }

 private:
  AtomicFile* file_;
  Checksum checksum_;
};

void check_booleans(const std::string& path, const std::string& name, const at::Tensor& tensor) {
  // A C++ bool that is neither 0 nor 1 is undefined behaviour later on.
  const auto* const bytes = static_cast<const unsigned char*>(tensor.data_ptr());
  if (std::any_of(bytes, bytes + tensor.nbytes(), [](unsigned char byte) { return byte > 1; })) {
    throw damaged_file(path, "tensor '" + name + "' of dtype BOOL has a value that is neither 0 nor 1");
  }
}

}  // namespace

void write_safetensors(const std::string& path, const Contents& contents, base::Interrupt& interrupt) {
  const auto header = lay_out(contents);
  const auto text = format_header(header);
  check_header_size(text, path);
  const std::uint64_t length = text.size();
  AtomicFile file(path);
  SummedOutput output(&file);
  output.write(&length, kLengthBytes);
  output.write(text.data(), text.size());
  for (const auto& entry : header.entries) {
    const auto tensor = contents.tensors.at(entry.name).detach().cpu().contiguous();
    for_each_piece(tensor, interrupt, [&](const char* bytes, std::size_t size) { output.write(bytes, size); });
  }
  const auto digits = output.digits();
  file.overwrite(kLengthBytes + kDigitsPosition, digits.data(), digits.size());
  file.commit();
}

Contents read_safetensors(const std::string& path, base::Interrupt& interrupt, const ReadOptions& options) {
  InputFile file(path);
  const auto text = read_header(&file, options.largest_header);
  auto header = parse_header(text, file.size() - kLengthBytes - text.size(), path);
  const bool sealed = is_sealed(text);
  if (!sealed && options.require_checksum) throw damaged_file(path, "it has no checksum");
  auto checksum = start_checksum(text);
  Contents contents;
  for (const auto& entry : header.entries) {
    auto tensor = at::empty(entry.shape, at::TensorOptions(entry.dtype));
    for_each_piece(tensor, interrupt, [&](char* bytes, std::size_t size) {
      file.read(bytes, size);
      checksum.update(bytes, size);
    });
    if (entry.dtype == c10::ScalarType::Bool) check_booleans(path, entry.name, tensor);
    contents.tensors.emplace(entry.name, std::move(tensor));
  }
  if (sealed && header.metadata[kChecksumKey] != "crc32:" + checksum.digits()) {
    throw damaged_file(path, "its content does not match its checksum");
  }
  if (sealed) header.metadata.erase(kChecksumKey);
  contents.metadata = std::move(header.metadata);
  return contents;
}

}  // namespace mlr3libtorch::io
