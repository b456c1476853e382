// Files against what Pillow reads from them, by tests/cpp/reference/picture_values.py.
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/image/decode.h"
#include "image/pictures.h"
#include "io/files.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_decode {
namespace {

using image::decode_file;
using io::testing::read_bytes;
using io::testing::TemporaryFolder;
using io::testing::write_bytes;
using nlohmann::json;
using test::picture_file;

json pillow_values() {
  std::ifstream file(REFERENCE_DIR "/picture_values.json");
  return json::parse(file)["decoded"];
}

/// The message of the error, empty if the file is read.
std::string problem_with(const std::string& path) {
  try {
    decode_file(path, 3);
  } catch (const base::FileError& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("a file is decoded as Pillow does, in any number of channels", "[image]") {
  for (const auto& expected : pillow_values()) {
    CAPTURE(expected["file"], expected["channels"]);
    const auto pixels = decoded_tensor(decode_file(picture_file(expected["file"]), expected["channels"]));
    REQUIRE(pixels.sizes() == at::IntArrayRef(expected["shape"].get<std::vector<std::int64_t>>()));
    const auto values = at::tensor(expected["values"].get<std::vector<std::int64_t>>()).to(at::kByte);
    CHECK(at::equal(pixels.flatten(), values));
  }
}

TEST_CASE("without a number of channels, a picture has those of its file", "[image]") {
  const std::vector<std::pair<std::string, std::int64_t>> files{{"grey.jpg", 1},        {"colour.jpg", 3},
                                                                {"two_colours.png", 1}, {"grey_alpha.png", 2},
                                                                {"palette.png", 3},     {"alpha.png", 4}};
  for (const auto& [name, channels] : files) {
    CAPTURE(name);
    CHECK(decode_file(picture_file(name), image::kFileChannels).channels == channels);
  }
}

TEST_CASE("a picture's values are bytes divided by 255", "[image]") {
  const auto decoded = decode_file(picture_file("colour.png"), 3);
  image::Picture picture;
  to_picture(decoded, picture);
  CHECK(picture.shape == std::vector<std::int64_t>{3, 13, 17});
  const auto pixels = decoded_tensor(decoded).to(at::kFloat).div(255).flatten();
  CHECK(at::equal(pixels, at::tensor(picture.values)));
}

TEST_CASE("a file cut short is refused, wherever it is cut", "[image]") {
  const TemporaryFolder folder;
  for (const std::string name : {"colour.jpg", "progressive.jpg", "colour.png", "palette.png"}) {
    const auto bytes = read_bytes(picture_file(name));
    for (std::size_t size = 0; size + 12 < bytes.size(); size += 7) {
      CAPTURE(name, size);
      write_bytes(folder.file("cut"), bytes.substr(0, size));
      CHECK(problem_with(folder.file("cut")).find("cannot be read as a picture") != std::string::npos);
    }
  }
}

TEST_CASE("a file with any byte changed is decoded or refused, and nothing else happens", "[image]") {
  const TemporaryFolder folder;
  for (const std::string name : {"colour.jpg", "progressive.jpg", "colour.png", "alpha.png"}) {
    const auto bytes = read_bytes(picture_file(name));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      auto damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
      write_bytes(folder.file("damaged"), damaged);
      CHECK_NOTHROW(problem_with(folder.file("damaged")));
    }
  }
}

TEST_CASE("an error says what the file is instead of a picture", "[image]") {
  const TemporaryFolder folder;
  write_bytes(folder.file("text.png"), "not a picture");
  write_bytes(folder.file("empty.jpg"), "");
  CHECK(problem_with(folder.file("text.png")).find("neither a JPEG nor a PNG") != std::string::npos);
  CHECK(problem_with(folder.file("empty.jpg")).find("it is empty") != std::string::npos);
  CHECK(problem_with(folder.file("absent.jpg")).find("absent.jpg") != std::string::npos);
  CHECK(problem_with(picture_file("cmyk.jpg")).find("CMYK") != std::string::npos);
}

TEST_CASE("the size in a damaged header takes no memory", "[image]") {
  auto bytes = read_bytes(picture_file("colour.png"));
  // width, then height, after the signature, a length and the name of the chunk
  for (std::size_t i = 16; i < 24; ++i) bytes[i] = '\x7f';
  const TemporaryFolder folder;
  write_bytes(folder.file("huge.png"), bytes);
  CHECK_FALSE(problem_with(folder.file("huge.png")).empty());
}

}  // namespace
}  // namespace mlr3libtorch::test_decode
