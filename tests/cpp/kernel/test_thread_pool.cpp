#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/kernel/thread_pool.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_thread_pool {
namespace {

void sleep_for(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

/// How often each of the parts of a job has been worked on.
std::vector<int> counts_of(kernel::ThreadPool& pool, int parts) {
  std::vector<std::atomic<int>> counts(static_cast<std::size_t>(parts));
  pool.run(parts, [&](int part) { ++counts[static_cast<std::size_t>(part)]; });
  return {counts.begin(), counts.end()};
}

bool works(kernel::ThreadPool& pool, int parts) {
  return counts_of(pool, parts) == std::vector<int>(static_cast<std::size_t>(parts), 1);
}

TEST_CASE("every part of every job is worked on once, on any number of threads", "[threads]") {
  for (const int threads : {1, 2, 3, 8}) {
    kernel::ThreadPool pool(threads);
    CHECK(pool.threads() == threads);
    bool all = true;
    for (int job = 0; job < 2000; ++job) all = all && works(pool, job % 40);
    CHECK(all);
    CHECK(works(pool, kernel::ThreadPool::kMostParts));
  }
}

TEST_CASE("threads that have gone to sleep wake up for the next job", "[threads]") {
  kernel::ThreadPool pool(3);
  for (int job = 0; job < 20; ++job) {
    sleep_for(2);
    CHECK(works(pool, 3));
  }
}

TEST_CASE("several threads work at the same time, and the caller waits asleep for a slow one", "[threads]") {
  kernel::ThreadPool pool(2);
  std::atomic<int> begun{0};
  pool.run(2, [&](int /*part*/) {
    ++begun;
    while (begun < 2) std::this_thread::yield();
    if (kernel::current_pool() != nullptr) throw std::logic_error("a part has a pool");
    sleep_for(5);
  });
  CHECK(begun == 2);
}

TEST_CASE("what a part throws is thrown again when the others have ended, and the pool works on", "[threads]") {
  kernel::ThreadPool pool(2);
  for (int bad = 0; bad < 8; ++bad) {
    std::atomic<int> ended{0};
    const auto job = [&](int part) {
      if (part == bad) throw std::out_of_range("part");
      ++ended;
    };
    CHECK_THROWS_AS(pool.run(8, job), std::out_of_range);
    CHECK(ended == 7);
    CHECK(works(pool, 8));
  }
}

TEST_CASE("a pool is the current one only in its scope, and not while it works", "[threads]") {
  kernel::ThreadPool pool(2);
  CHECK(kernel::current_pool() == nullptr);
  {
    const kernel::PoolScope scope(&pool);
    CHECK(kernel::current_pool() == &pool);
    std::atomic<int> found{0};
    kernel::current_pool()->run(16, [&](int /*part*/) { found += kernel::current_pool() == nullptr ? 0 : 1; });
    CHECK(found == 0);
    const kernel::PoolScope none(nullptr);
    CHECK(kernel::current_pool() == nullptr);
  }
  CHECK(kernel::current_pool() == nullptr);
}

TEST_CASE("a forked process works without the threads, and can end the pool", "[threads]") {
  auto pool = std::make_unique<kernel::ThreadPool>(3);
  for (const bool asleep : {false, true}) {
    CHECK(works(*pool, 3));
    if (asleep) sleep_for(5);
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::alarm(20);
      const bool is_alone = pool->threads() == 1 && works(*pool, 5);
      pool.reset();
      kernel::ThreadPool of_child(2);
      ::_exit(is_alone && works(of_child, 5) ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    CHECK(pool->threads() == 3);
    CHECK(works(*pool, 3));
  }
}

std::atomic<bool> handled_elsewhere{false};
std::thread::id signalled;

TEST_CASE("signals are handled by the caller's thread", "[threads]") {
  signalled = std::this_thread::get_id();
  const auto before = std::signal(SIGUSR1, [](int) {
    if (std::this_thread::get_id() != signalled) handled_elsewhere = true;
  });
  kernel::ThreadPool pool(4);
  for (int i = 0; i < 100; ++i) {
    ::kill(::getpid(), SIGUSR1);
    CHECK(works(pool, 4));
  }
  std::signal(SIGUSR1, before);
  CHECK_FALSE(handled_elsewhere);
}

}  // namespace
}  // namespace mlr3libtorch::test_thread_pool
