#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <ATen/ATen.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <random>
#include <string>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "io/files.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::io::testing {
namespace {

int count_entries(const std::string& folder) {
  const auto entries = std::filesystem::directory_iterator(folder);
  return static_cast<int>(std::distance(begin(entries), end(entries)));
}

void write_text(const std::string& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text.data(), text.size());
  file.commit();
}

/// Files of this process cannot grow beyond `bytes`: what a full disk looks like, without filling one.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

/// Root may write anywhere, so a test of permissions must be somebody else for a while.
class Nobody {
 public:
  Nobody() : user_(::geteuid()) {
    if (user_ == 0) REQUIRE(::seteuid(65534) == 0);
  }
  ~Nobody() {
    if (user_ == 0 && ::seteuid(user_) != 0) std::terminate();
  }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;

 private:
  uid_t user_;
};

}  // namespace

TEST_CASE("A file appears when it is committed, and alone", "[io]") {
  const TemporaryFolder folder;
  const auto path = folder.file("a");
  {
    AtomicFile file(path);
    file.write("hello", 5);
    CHECK_FALSE(std::filesystem::exists(path));
    file.overwrite(0, "J", 1);
    file.commit();
    CHECK(read_bytes(path) == "Jello");
  }
  CHECK(count_entries(folder.path()) == 1);
}

TEST_CASE("A file that is not committed leaves the old one and nothing else", "[io]") {
  const TemporaryFolder folder;
  write_text(folder.file("a"), "old");
  { AtomicFile(folder.file("a")).write("new", 3); }
  CHECK(read_bytes(folder.file("a")) == "old");
  CHECK(count_entries(folder.path()) == 1);
}

TEST_CASE("A new file may be read by those whom the user's mask allows", "[io]") {
  const TemporaryFolder folder;
  const auto mask = ::umask(022);
  write_text(folder.file("a"), "x");
  ::umask(mask);
  CHECK(std::filesystem::status(folder.file("a")).permissions() == static_cast<std::filesystem::perms>(0644));
}

TEST_CASE("Whoever has the old file open goes on reading it", "[io]") {
  const TemporaryFolder folder;
  write(folder.file("a"), small_contents());
  const auto bytes = read_bytes(folder.file("a"));
  std::FILE* const open = std::fopen(folder.file("a").c_str(), "rb");
  write_text(folder.file("a"), "new");
  std::string seen(bytes.size(), '\0');
  CHECK(std::fread(seen.data(), 1, seen.size(), open) == seen.size());
  std::fclose(open);
  CHECK(seen == bytes);
}

TEST_CASE("A file that cannot be written is an error that names it and says why", "[io]") {
  const TemporaryFolder folder;
  const auto missing = folder.file("missing/a");
  CHECK_THROWS_WITH(AtomicFile(missing), "Cannot write '" + missing + "': No such file or directory.");
  CHECK_THROWS_WITH(AtomicFile(folder.path()), Catch::Contains("Is a directory"));
  CHECK_THROWS_WITH(AtomicFile(folder.file(std::string(300, 'x'))), Catch::Contains("File name too long"));
  CHECK_THROWS_AS(AtomicFile(""), base::FileError);
  CHECK(count_entries(folder.path()) == 0);
}

TEST_CASE("What is not a regular file is not replaced, nor a link to it", "[io]") {
  const TemporaryFolder folder;
  const auto pipe = folder.file("pipe");
  const auto link = folder.file("link");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::filesystem::create_symlink(pipe, link);
  for (const auto& path : {pipe, link}) {
    CHECK_THROWS_WITH(AtomicFile(path), "Cannot write '" + path + "': it is not a regular file.");
  }
  CHECK(std::filesystem::is_fifo(pipe));
  CHECK(count_entries(folder.path()) == 2);
}

TEST_CASE("A folder that is read-only is an error that says so", "[io]") {
  const TemporaryFolder folder;
  ::chmod(folder.path().c_str(), 0555);
  const Nobody nobody;
  CHECK_THROWS_WITH(AtomicFile(folder.file("a")), Catch::Contains("Permission denied"));
}

TEST_CASE("A disk that fills up is an error that leaves the old file and nothing else", "[io]") {
  const TemporaryFolder folder;
  write(folder.file("a"), small_contents());
  {
    const FileSizeLimit limit(100'000);
    const Contents large{{{"large", at::zeros({1'000'000})}}, {}};
    CHECK_THROWS_WITH(write(folder.file("a"), large), Catch::Contains("File too large"));
  }
  CHECK(same(read(folder.file("a")), small_contents()));
  CHECK(count_entries(folder.path()) == 1);
}

TEST_CASE("What is not a file cannot be read, and nobody waits for it", "[io]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read(folder.file("missing")), Catch::Contains("No such file or directory"));
  CHECK_THROWS_WITH(read(folder.path()), Catch::Contains("Is a directory"));
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read(folder.file("pipe")), Catch::Contains("not a regular file"));
}

TEST_CASE("A file is whole whenever the process that overwrites it is killed", "[io]") {
  constexpr int kKills = 20;
  const TemporaryFolder folder;
  const auto path = folder.file("a");
  const Contents contents{{{"weight", at::arange(100'000, at::kFloat)}}, {{"content", "test"}}};
  write(path, contents);
  std::mt19937 random(1);
  for (int i = 0; i < kKills; ++i) {
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      for (;;) write(path, contents);
    }
    ::usleep(1000 + random() % 15'000);
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(same(read(path), contents));
  }
}

}  // namespace mlr3libtorch::io::testing
