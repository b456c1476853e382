#include <zlib.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/io/zip.h"

#include <catch2/catch.hpp>

// Archives are written here byte by byte, so that each test can make one mistake and leave the rest as it should be.

namespace mlr3libtorch::io::testing {
namespace {

/// What is written of a record; the directory repeats the local header unless a test says otherwise.
struct Record {
  std::string name, content;
  std::uint32_t method = 0;
  std::uint32_t flags = 0;
  std::uint32_t crc = 0, packed = 0, size = 0;
  std::string directory_name;
  std::uint32_t begin = 0;
};

struct Archive {
  std::vector<Record> records;
  std::string between;
  std::string before_end;
  std::uint32_t count = 0;
  std::uint32_t directory_shift = 0;
};

std::string little(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i) & 0xff);
  return text;
}

Record record(const std::string& name, const std::string& content) {
  Record made{name, content};
  made.packed = made.size = static_cast<std::uint32_t>(content.size());
  made.crc = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(content.data()), made.size));
  made.directory_name = name;
  return made;
}

std::string facts(const Record& record) {
  return little(0, 4) + little(record.crc, 4) + little(record.packed, 4) + little(record.size, 4) +
         little(record.name.size(), 2);
}

/// A model's records, at their places.
Archive model() {
  Archive archive;
  archive.records = {record("net/data.pkl", "weights"), record("net/constants.pkl", "()"),
                     record("net/version", "3\n")};
  std::uint32_t begin = 0;
  for (auto& entry : archive.records) {
    entry.begin = begin;
    begin += 30 + static_cast<std::uint32_t>(entry.name.size() + entry.content.size());
  }
  archive.count = static_cast<std::uint32_t>(archive.records.size());
  return archive;
}

std::string written(const Archive& archive) {
  std::string bytes, directory;
  for (const auto& entry : archive.records) {
    const auto kind = little(entry.flags, 2) + little(entry.method, 2);
    bytes += "PK\x03\x04" + little(20, 2) + kind + facts(entry) + little(0, 2) + entry.name + entry.content;
    directory += "PK\x01\x02" + little(20, 2) + little(20, 2) + kind + facts(entry) + little(0, 2 + 2 + 2 + 2 + 4) +
                 little(entry.begin, 4) + entry.directory_name;
  }
  bytes += archive.between;
  const auto begin = bytes.size() + archive.directory_shift;
  const auto number = little(archive.count, 2);
  return bytes + directory + archive.before_end + "PK\x05\x06" + little(0, 4) + number + number +
         little(directory.size(), 4) + little(begin, 4) + little(0, 2);
}

std::string complaint(const std::string& bytes) {
  try {
    check_script_archive(bytes, "net.pt");
  } catch (const base::FileError& error) {
    return error.what();
  }
  return "none";
}

struct Mistake {
  std::string reason;
  std::function<void(Archive&)> make;
};

const std::vector<Mistake> kMistakes = {
    {"something between its records and its directory", [](Archive& archive) { archive.between = "x"; }},
    {"something after its directory", [](Archive& archive) { archive.before_end = "x"; }},
    {"its directory is not where it should be", [](Archive& archive) { archive.count = 4; }},
    {"not have the size that its end says", [](Archive& archive) { archive.count = 2; }},
    {"something after its directory",
     [](Archive& archive) { archive.directory_shift = static_cast<std::uint32_t>(-1); }},
    {"its end is damaged", [](Archive& archive) { archive.directory_shift = 1; }},
    {"entries that TorchScript does not have", [](Archive& archive) { archive.records[1].flags = 1; }},
    {"overlap or have holes", [](Archive& archive) { archive.records[1].begin += 1; }},
    {"overlap or have holes", [](Archive& archive) { archive.records[1].begin = 0; }},
    {"not what its directory says", [](Archive& archive) { archive.records[1].directory_name = "net/constants.pkx"; }},
    {"packed in an unknown way", [](Archive& archive) { archive.records[1].method = 99; }},
    {"packed in an unknown way", [](Archive& archive) { archive.records[1].size += 1; }},
    {"the content of 'net/data.pkl' is damaged", [](Archive& archive) { archive.records[0].method = 8; }},
    {"the content of 'net/data.pkl' is damaged", [](Archive& archive) { archive.records[0].content[0] = 'x'; }},
    {"unpacks to more than 100 MB",
     [](Archive& archive) {
       archive.records[0].method = 8;
       archive.records[0].size = 200'000'000;
     }},
};

TEST_CASE("a TorchScript archive that is whole is accepted", "[io]") { CHECK(complaint(written(model())) == "none"); }

TEST_CASE("each mistake in an archive is refused with its reason", "[io]") {
  for (const auto& mistake : kMistakes) {
    auto archive = model();
    mistake.make(archive);
    CHECK_THAT(complaint(written(archive)), Catch::Contains(mistake.reason));
  }
}

TEST_CASE("an archive that ends too early, or is none, is refused", "[io]") {
  const auto whole = written(model());
  CHECK_THAT(complaint(""), Catch::Contains("it is not a zip archive"));
  CHECK_THAT(complaint("PK\x03\x04"), Catch::Contains("it ends too early"));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO("cut after " << length);
    CHECK(complaint(whole.substr(0, length)) != "none");
  }
}

TEST_CASE("no changed byte of an archive's records goes unnoticed", "[io]") {
  const auto whole = written(model());
  const auto content = whole.find("weights");
  for (std::size_t i = content; i < content + 7; ++i) {
    auto changed = whole;
    changed[i] ^= 1;
    CHECK(complaint(changed) != "none");
  }
}

TEST_CASE("what lies in an archive must be a TorchScript module", "[io]") {
  const auto of = [](const std::vector<std::string>& names) {
    Archive archive;
    std::uint32_t begin = 0;
    for (const auto& name : names) {
      archive.records.push_back(record(name, "x"));
      archive.records.back().begin = begin;
      begin += 31 + static_cast<std::uint32_t>(name.size());
    }
    archive.count = static_cast<std::uint32_t>(names.size());
    return complaint(written(archive));
  };
  CHECK_THAT(of({"a/data.pkl", "b/constants.pkl"}), Catch::Contains("several folders"));
  CHECK_THAT(of({"a/data.pkl", "a/data.pkl"}), Catch::Contains("twice"));
  CHECK_THAT(of({"a/text"}), Catch::Contains("another zip archive"));
  CHECK_THAT(of({"a/data.pkl"}), Catch::Contains("what torch.save() writes"));
}

}  // namespace
}  // namespace mlr3libtorch::io::testing
