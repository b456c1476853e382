#include <sys/stat.h>

#include "core/base/error.h"
#include "core/io/event_file.h"
#include "io/files.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_event_file {
namespace {

using io::testing::TemporaryFolder;

std::string hexadecimal(const std::string& bytes) {
  static const char* const digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

TEST_CASE("an event file has the bytes of reference/event_file.py", "[io]") {
  const TemporaryFolder folder;
  const auto path = folder.file("events.out.tfevents.1");
  io::create_event_file(path, 1700000000.25);
  io::append_event(path, {{"train.loss", 0.5}}, 300, 1700000001.5);
  io::append_event(path, {{"train.a", -2.25}, {"valid.a", 1e6}}, 1, 1700000002.0);
  CHECK(hexadecimal(io::testing::read_bytes(path)) ==
        "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe92100000000000000"
        "017becf60900006040fc54d94110ac022a130a110a0a747261696e2e6c6f7373150000003faab57c542d000000000000"
        "003c418afb0900008040fc54d94110012a200a0e0a07747261696e2e6115000010c00a0e0a0776616c69642e61150024"
        "7449fcf630f9");
}

TEST_CASE("a file that cannot be written is an error that names it", "[io]") {
  CHECK_THROWS_AS(io::create_event_file("/nowhere/events", 1), base::FileError);
  CHECK_THROWS_WITH(io::append_event("/nowhere/events", {}, 1, 1), Catch::Contains("'/nowhere/events'"));
}

TEST_CASE("a pipe is not an event file, and nobody waits for its reader", "[io]") {
  const TemporaryFolder folder;
  const auto pipe = folder.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(io::create_event_file(pipe, 1), Catch::Contains("it is not a regular file"));
  CHECK_THROWS_WITH(io::append_event(pipe, {}, 1, 1), Catch::Contains("it is not a regular file"));
}

}  // namespace
}  // namespace mlr3libtorch::test_event_file
