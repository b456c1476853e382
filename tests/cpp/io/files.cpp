#include "io/files.h"

#include <ATen/ATen.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "core/io/checksum.h"
#include "core/io/header.h"

namespace mlr3libtorch::io::testing {

TemporaryFolder::TemporaryFolder() {
  auto pattern = (std::filesystem::temp_directory_path() / "core-tests-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_bytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string file_of(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes + header + data;
}

std::string sealed(std::string bytes) {
  const std::string start = kSealedStart;
  const auto place = sizeof(std::uint64_t) + start.size();
  if (bytes.size() < place + Checksum::kDigits || bytes.compare(sizeof(std::uint64_t), start.size(), start) != 0) {
    return bytes;
  }
  bytes.replace(place, Checksum::kDigits, Checksum::kDigits, '0');
  Checksum checksum;
  checksum.update(bytes.data(), bytes.size());
  return bytes.replace(place, Checksum::kDigits, checksum.digits());
}

std::string header_of(const std::string& entries) {
  return std::string(kSealedStart) + "00000000\"}" + (entries.empty() ? "" : ",") + entries + "}";
}

Contents read(const std::string& path) {
  base::Interrupt interrupt;
  return read_safetensors(path, interrupt);
}

void write(const std::string& path, const Contents& contents) {
  base::Interrupt interrupt;
  write_safetensors(path, contents, interrupt);
}

bool same(const Contents& a, const Contents& b) {
  if (a.metadata != b.metadata || a.tensors.size() != b.tensors.size()) return false;
  for (const auto& [name, tensor] : a.tensors) {
    const auto found = b.tensors.find(name);
    if (found == b.tensors.end()) return false;
    const auto& other = found->second;
    if (tensor.scalar_type() != other.scalar_type() || tensor.sizes() != other.sizes()) return false;
    // Bytes, not values: NaN is not equal to itself, and 0 is equal to -0.
    if (tensor.nbytes() > 0 && std::memcmp(tensor.data_ptr(), other.data_ptr(), tensor.nbytes()) != 0) return false;
  }
  return true;
}

Contents small_contents() {
  return {{{"weight", at::arange(12, at::kFloat).view({3, 4})},
           {"bias", at::tensor({0.5, -1.5}, at::kDouble)},
           {"step", at::scalar_tensor(41, at::kLong)},
           {"mask", at::tensor({1, 0, 1}).to(at::kBool)},
           {"empty", at::empty({0, 3}, at::kInt)}},
          {{"content", "test"}, {"note", "a \"quoted\" word"}}};
}

}  // namespace mlr3libtorch::io::testing
