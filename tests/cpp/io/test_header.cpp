#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/io/header.h"
#include "io/files.h"

#include <catch2/catch.hpp>

// One case for each way in which a file can be wrong. Every file here has the checksum that fits it, so it is the
// reader's own check that refuses.

namespace mlr3libtorch::io::testing {
namespace {

struct WrongFile {
  std::string reason;
  std::string bytes;
};

const std::string kFour(4, 'x');

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

WrongFile wrong(const std::string& reason, const std::string& entries, const std::string& data = kFour) {
  return {reason, file_of(header_of(entries), data)};
}

std::vector<WrongFile> wrong_lengths() {
  const std::string huge = std::string(7, '\xff') + '\x7f';
  return {{"shorter than 8 bytes", "1234567"},
          {"shorter than 8 bytes", ""},
          {"header is too large", huge + "{}"},
          {"header ends after the end", file_of(header_of(""), "").substr(0, 40)},
          {"longer or shorter than its header says", file_of(header_of(""), "x")},
          {"does not begin with '{'", file_of("", "")},
          {"does not begin with '{'", file_of(" {}", "")}};
}

std::vector<WrongFile> wrong_json() {
  const std::string deep(100'000, '[');
  return {{"not JSON", file_of("{\"a\":", "")},
          {"not JSON", file_of("{} {}", "")},
          {"not JSON", file_of("{\"\xff\":1}", "")},
          {"null character", file_of(std::string("{}\0\0", 4), "")},
          {"nested too deeply", file_of("{\"a\":" + deep, "")},
          {"nested too deeply", wrong("", entry("a", "\"U8\"", "[[[4]]]", "[0,4]")).bytes},
          {"twice", wrong("", entry("a", "\"U8\"", "[4]", "[0,4]") + "," + entry("a", "\"U8\"", "[4]", "[0,4]")).bytes},
          {"twice", wrong("", R"("a":{"dtype":"U8","dtype":"I8","shape":[4],"data_offsets":[0,4]})").bytes},
          {"twice", file_of(R"({"__metadata__":{"a":"","a":""}})", "")}};
}

std::vector<WrongFile> wrong_fields() {
  return {{"metadata are not an object", file_of(R"({"__metadata__":[]})", "")},
          {"is not a string", file_of(R"({"__metadata__":{"a":1}})", "")},
          wrong("must have exactly", R"("a":4)"),
          wrong("must have exactly", R"("a":{"dtype":"U8","shape":[4]})"),
          wrong("must have exactly", R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"more":1})"),
          wrong("must have exactly", R"("a":{"dtype":"U8","shape":[4],"offsets":[0,4]})"),
          wrong("unknown dtype", entry("a", "\"F99\"", "[4]", "[0,4]")),
          wrong("unknown dtype", entry("a", "7", "[4]", "[0,4]")),
          wrong("the shape of", entry("a", "\"U8\"", "4", "[0,4]")),
          wrong("the shape of", entry("a", "\"U8\"", "[-4]", "[0,4]")),
          wrong("the shape of", entry("a", "\"U8\"", "[4.0]", "[0,4]")),
          wrong("the shape of", entry("a", "\"U8\"", "[\"4\"]", "[0,4]")),
          wrong("the shape of", entry("a", "\"U8\"", "[18446744073709551615]", "[0,4]")),
          wrong("the shape of", entry("a", "\"U8\"", "[99999999999999999999999]", "[0,4]")),
          wrong("the data_offsets of", entry("a", "\"U8\"", "[4]", "[-1,3]")),
          wrong("not two numbers", entry("a", "\"U8\"", "[4]", "[4]")),
          wrong("not two numbers", entry("a", "\"U8\"", "[4]", "[0,4,4]"))};
}

std::vector<WrongFile> wrong_sizes() {
  std::string ones = "[4";
  for (int i = 0; i < 64; ++i) ones += ",1";
  return {wrong("too many dimensions", entry("a", "\"U8\"", ones + "]", "[0,4]")),
          wrong("is too large", entry("a", "\"F64\"", "[2305843009213693952]", "[0,4]")),
          wrong("is too large", entry("a", "\"U8\"", "[4294967296,4294967296]", "[0,4]")),
          wrong("is too large", entry("a", "\"U8\"", "[0,4294967296,4294967296]", "[0,0]"), ""),
          wrong("do not fit", entry("a", "\"F32\"", "[4]", "[0,4]")),
          wrong("do not fit", entry("a", "\"U8\"", "[4]", "[4,0]")),
          wrong("after the end", entry("a", "\"U8\"", "[9]", "[0,9]")),
          wrong("after the end", entry("a", "\"U8\"", "[4]", "[9223372036854775803,9223372036854775807]"))};
}

std::vector<WrongFile> wrong_layouts() {
  const auto first = entry("a", "\"U8\"", "[2]", "[0,2]");
  return {wrong("longer or shorter", first),
          wrong("overlaps another", first + "," + entry("b", "\"U8\"", "[3]", "[1,4]")),
          wrong("overlaps another", first + "," + entry("b", "\"U8\"", "[4]", "[0,4]")),
          wrong("a hole before", first + "," + entry("b", "\"U8\"", "[1]", "[3,4]")),
          wrong("a hole before", entry("b", "\"U8\"", "[3]", "[1,4]")),
          wrong("neither 0 nor 1", entry("a", "\"BOOL\"", "[4]", "[0,4]"))};
}

void check_refusals(const std::vector<WrongFile>& files) {
  const TemporaryFolder folder;
  const auto path = folder.file("wrong.safetensors");
  for (const auto& file : files) {
    INFO(file.reason << " / " << file.bytes.substr(0, 200));
    write_bytes(path, sealed(file.bytes));
    try {
      read(path);
      FAIL_CHECK("it was read");
    } catch (const base::FileError& error) {
      CHECK_THAT(error.what(), Catch::Contains(file.reason));
      CHECK_THAT(error.what(), Catch::Contains(path));
      CHECK(std::get<std::string>(error.fields().at("path")) == path);
    }
  }
}

}  // namespace

TEST_CASE("A file whose length is wrong is refused", "[io]") { check_refusals(wrong_lengths()); }
TEST_CASE("A header that is not strict JSON is refused", "[io]") { check_refusals(wrong_json()); }
TEST_CASE("A header with wrong fields is refused", "[io]") { check_refusals(wrong_fields()); }
TEST_CASE("Sizes that do not fit are refused before memory is taken", "[io]") { check_refusals(wrong_sizes()); }
TEST_CASE("Tensors that overlap or leave holes are refused", "[io]") { check_refusals(wrong_layouts()); }

TEST_CASE("The right form of those files is read", "[io]") {
  const TemporaryFolder folder;
  const auto entries = entry("b", "\"U8\"", "[0]", "[2,2]") + "," + entry("c", "\"U8\"", "[2,1]", "[2,4]") + "," +
                       entry("a", "\"U8\"", "[2]", "[0,2]") + "," + entry("d", "\"F64\"", "[0,4]", "[4,4]");
  write_bytes(folder.file("a"), sealed(file_of(header_of(entries) + "   ", kFour)));
  CHECK(read(folder.file("a")).tensors.size() == 4);
}

TEST_CASE("A checksum that does not fit is refused", "[io]") {
  const TemporaryFolder folder;
  auto bytes = sealed(file_of(header_of(entry("a", "\"U8\"", "[4]", "[0,4]")), kFour));
  bytes.back() = 'y';
  write_bytes(folder.file("a"), bytes);
  CHECK_THROWS_WITH(read(folder.file("a")), Catch::Contains("does not match its checksum"));
}

TEST_CASE("A checksum in another place or form counts for none", "[io]") {
  const TemporaryFolder folder;
  write_bytes(folder.file("a"), file_of(R"({"__metadata__":{"more":"","checksum":"crc32:00000000"}})", ""));
  CHECK_THROWS_WITH(read(folder.file("a")), Catch::Contains("no checksum"));
  write_bytes(folder.file("a"), file_of(R"({"__metadata__":{"checksum":"crc32:0"}})", ""));
  CHECK_THROWS_WITH(read(folder.file("a")), Catch::Contains("does not match"));
  write_bytes(folder.file("a"), file_of(R"({"__metadata__":{"checksum":"crc32:00000000 "}})", ""));
  CHECK_THROWS_WITH(read(folder.file("a")), Catch::Contains("does not match"));
}

}  // namespace mlr3libtorch::io::testing
