#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/train/environment.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_environment {

namespace {

int blas_threads() {
  const auto get = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
  return get == nullptr ? 0 : get();
}

}  // namespace

TEST_CASE("threads are those of the scope, in LibTorch and in its BLAS, and then those of before", "[environment]") {
  const int torch_before = at::get_num_threads();
  const int blas_before = blas_threads();
  for (const int threads : {1, 2, 3}) {
    const train::ThreadScope scope({threads, threads});
    CHECK(at::get_num_threads() == threads);
    if (blas_before > 0) CHECK(blas_threads() == threads);
    {
      const train::ThreadScope inner({1, 1});
      CHECK(at::get_num_threads() == 1);
    }
    CHECK(at::get_num_threads() == threads);
  }
  CHECK(at::get_num_threads() == torch_before);
  CHECK(blas_threads() == blas_before);
}

TEST_CASE("a forked process has one thread, whatever is asked for", "[environment]") {
  const train::ThreadScope scope({2, 2});
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool has_one = at::get_num_threads() == 1;
    const train::ThreadScope more({2, 2});
    ::_exit(has_one && at::get_num_threads() == 1 ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(at::get_num_threads() == 2);
}

}  // namespace mlr3libtorch::test_environment
