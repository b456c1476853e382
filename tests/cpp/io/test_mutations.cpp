#include <random>
#include <string>

#include "core/base/error.h"
#include "io/files.h"

#include <catch2/catch.hpp>

// Damage at random: whatever happens to a file's bytes, it is read exactly or refused, and nothing crashes.

namespace mlr3libtorch::io::testing {
namespace {

constexpr int kMutations = 600;

class Mutator {
 public:
  explicit Mutator(std::string original) : original_(std::move(original)) {}

  std::string mutated(int kind) {
    auto bytes = original_;
    switch (kind % 6) {
      case 0:
        bytes.resize(place());
        break;
      case 1:
        bytes[place()] ^= static_cast<char>(1 << (random_() % 8));
        break;
      case 2:
        std::swap(bytes[place()], bytes[place()]);
        break;
      case 3:
        bytes.insert(place(), 1 + random_() % 16, static_cast<char>(random_()));
        break;
      case 4:
        bytes.erase(place(), 1 + random_() % 16);
        break;
      default:
        swap_blocks(&bytes);
    }
    return bytes;
  }

 private:
  std::size_t place() { return random_() % original_.size(); }

  void swap_blocks(std::string* bytes) {
    constexpr std::size_t kBlock = 16;
    const auto a = place() % (bytes->size() - kBlock);
    const auto b = place() % (bytes->size() - kBlock);
    const auto first = bytes->substr(a, kBlock);
    const auto second = bytes->substr(b, kBlock);
    bytes->replace(a, kBlock, second).replace(b, kBlock, first);
  }

  std::string original_;
  std::mt19937 random_{20240607};
};

}  // namespace

TEST_CASE("1,200 damaged files are read exactly or refused", "[io]") {
  const TemporaryFolder folder;
  const auto path = folder.file("a");
  write(path, small_contents());
  Mutator mutator(read_bytes(path));
  const auto original = read_bytes(path);
  int refused = 0;
  for (int i = 0; i < 2 * kMutations; ++i) {
    const auto bytes = mutator.mutated(i);
    write_bytes(path, bytes);
    try {
      const bool exact = same(read(path), small_contents());
      if (!exact || bytes != original) FAIL_CHECK("mutation " << i << " was read as if it were whole");
    } catch (const base::FileError&) {
      ++refused;
    }
  }
  CHECK(refused > kMutations);
}

TEST_CASE("600 forged files, whose checksum fits, never do worse than being read as something else", "[io]") {
  const TemporaryFolder folder;
  const auto path = folder.file("a");
  write(path, small_contents());
  Mutator mutator(read_bytes(path));
  int read_anyway = 0;
  for (int i = 0; i < kMutations; ++i) {
    write_bytes(path, sealed(mutator.mutated(i)));
    try {
      for (const auto& [name, tensor] : read(path).tensors) read_anyway += tensor.defined() ? 1 : 0;
    } catch (const base::FileError&) {
      continue;
    }
  }
  CHECK(read_anyway > 0);
}

}  // namespace mlr3libtorch::io::testing
