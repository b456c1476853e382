#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/data/arranged_source.h"
#include "core/data/gather.h"
#include "core/data/loader.h"
#include "core/data/read_batch.h"
#include "core/data/row_random.h"
#include "data/make_rows.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_prefetcher {
namespace {

using mlr3libtorch::base::Error;
using mlr3libtorch::data::Batch;
using mlr3libtorch::data::Dataset;
using mlr3libtorch::data::Loader;
using mlr3libtorch::data::LoaderOptions;
using mlr3libtorch::data::RowRandom;

/// Rows of tensors, to which a random source adds a number for each row and epoch.
class SlowSource : public data::Source {
 public:
  explicit SlowSource(std::int64_t rows) : memory_(test::make_rows(rows)) {}

  std::int64_t rows() const override { return memory_.rows(); }
  bool is_concurrent() const override { return true; }
  bool is_random() const override { return random; }
  void expect(data::RowOrder order) override { shuffles_expected += order == data::RowOrder::kAnyOrder; }

  void read(Batch& batch) override {
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    if (sigismember(&blocked, SIGINT) == 0) ++signals_taken;
    std::this_thread::sleep_for(pause);
    const auto* row = batch.index.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < batch.rows(); ++i) {
      if (row[i] == broken) throw Error("dataset", "Row 7 is broken.", {{"row", row[i]}});
    }
    data::gather_rows(memory_.x[0], batch.index, batch.x[0]);
    data::gather_rows(memory_.y, batch.index, batch.y);
    for (std::int64_t i = 0; random && i < batch.rows(); ++i) {
      batch.x[0][i].add_(RowRandom(batch.draw, row[i]).uniform());
    }
    batch.is_view = false;
    ++batches_read;
  }

  bool random = false;
  std::int64_t broken = -1;
  std::chrono::microseconds pause{0};
  std::atomic<int> signals_taken{0};
  std::atomic<int> batches_read{0};
  int shuffles_expected = 0;

 private:
  Dataset memory_;
};

std::shared_ptr<SlowSource> random_source() {
  auto source = std::make_shared<SlowSource>(23);
  source->random = true;
  return source;
}

LoaderOptions options_with(int workers, bool shuffle = true) {
  LoaderOptions options{4, shuffle};
  options.workers = workers;
  return options;
}

Loader loader_of(const std::shared_ptr<SlowSource>& source, int workers, std::uint64_t seed = 1) {
  return {data::dataset_of({"x"}, source), options_with(workers), at::detail::createCPUGenerator(seed)};
}

/// x of all batches that are left of an epoch, one below the other.
at::Tensor rest_of(Loader& loader) {
  Batch batch;
  std::vector<at::Tensor> x;
  while (loader.next(batch)) x.push_back(batch.x[0].clone());
  return at::cat(x);
}

at::Tensor two_epochs(Loader& loader) {
  loader.begin_epoch();
  const auto first = rest_of(loader);
  loader.begin_epoch();
  return at::stack({first, rest_of(loader)});
}

/// Throws when it is asked for the third time.
class ThirdTime : public base::Interrupt {
 public:
  void check() override {
    if (++asked == 3) throw std::runtime_error("interrupted");
  }
  int asked = 0;
};

}  // namespace

TEST_CASE("batches are the same whoever reads them", "[data]") {
  auto memory = Loader(test::make_rows(23), options_with(0), at::detail::createCPUGenerator(1));
  const auto expected = two_epochs(memory);
  for (const int workers : {0, 1, 2, 5}) {
    const auto source = std::make_shared<SlowSource>(23);
    auto loader = loader_of(source, workers);
    CHECK(at::equal(two_epochs(loader), expected));
  }
}

TEST_CASE("the random numbers of a source do not depend on the number of workers", "[data]") {
  auto plain = loader_of(random_source(), 0);
  const auto expected = two_epochs(plain);
  auto ahead = loader_of(random_source(), 3);
  CHECK(at::equal(two_epochs(ahead), expected));
  CHECK_FALSE(at::equal(expected[0].sum(), expected[1].sum()));
}

TEST_CASE("an epoch that goes on in the middle has the same random numbers", "[data]") {
  for (const int workers : {0, 2}) {
    auto whole = loader_of(random_source(), workers);
    whole.begin_epoch();
    Batch batch;
    whole.next(batch);
    whole.next(batch);
    auto resumed = loader_of(random_source(), 2 - workers, 99);
    resumed.load_state(whole.state());
    CHECK(at::equal(rest_of(resumed), rest_of(whole)));
  }
}

TEST_CASE("only a source that is random draws from the run's generator", "[data]") {
  const auto state_after = [](bool random) {
    const auto source = random_source();
    source->random = random;
    auto generator = at::detail::createCPUGenerator(1);
    Loader loader(data::dataset_of({"x"}, source), options_with(0), generator);
    loader.begin_epoch();
    return generator.get_state();
  };
  auto generator = at::detail::createCPUGenerator(1);
  Loader memory(test::make_rows(23), options_with(0), generator);
  memory.begin_epoch();
  CHECK(at::equal(state_after(false), generator.get_state()));
  CHECK_FALSE(at::equal(state_after(true), generator.get_state()));
}

TEST_CASE("an error comes with the batch in which it happened, and names the row", "[data]") {
  const auto source = std::make_shared<SlowSource>(23);
  source->broken = 9;
  LoaderOptions options = options_with(2, false);
  Loader loader(data::dataset_of({"x"}, source), options);
  loader.begin_epoch();
  Batch batch;
  CHECK(loader.next(batch));
  CHECK(loader.next(batch));
  try {
    loader.next(batch);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(std::get<std::int64_t>(error.fields().at("row")) == 9);
  }
  CHECK(loader.rows_given() == 8);
}

TEST_CASE("a batch that somebody keeps does not change, and memory is used again otherwise", "[data]") {
  auto loader = loader_of(std::make_shared<SlowSource>(23), 2);
  loader.begin_epoch();
  Batch batch;
  std::vector<std::pair<at::Tensor, at::Tensor>> kept;
  while (loader.next(batch)) kept.emplace_back(batch.x[0], batch.x[0].clone());
  for (const auto& [tensor, copy] : kept) CHECK(at::equal(tensor, copy));
}

TEST_CASE("what is written into a batch changes no other", "[data]") {
  auto loader = loader_of(std::make_shared<SlowSource>(23), 2);
  auto same = loader_of(std::make_shared<SlowSource>(23), 0);
  Batch batch;
  Batch expected;
  for (int epoch = 0; epoch < 2; ++epoch) {
    loader.begin_epoch();
    same.begin_epoch();
    while (loader.next(batch)) {
      same.next(expected);
      CHECK(at::equal(batch.x[0], expected.x[0]));
      batch.own();
      batch.x[0].fill_(-1);
      batch.y = at::ones({2});
    }
  }
}

TEST_CASE("a loader can be left, and begun again, while batches are read ahead", "[data]") {
  const auto source = std::make_shared<SlowSource>(23);
  source->pause = std::chrono::milliseconds(2);
  auto loader = loader_of(source, 3);
  Batch batch;
  for (int epoch = 0; epoch < 3; ++epoch) {
    loader.begin_epoch();
    CHECK(loader.next(batch));
  }
  CHECK(source->shuffles_expected == 3);
}

TEST_CASE("an interrupt ends the wait for a batch", "[data]") {
  const auto source = std::make_shared<SlowSource>(23);
  auto loader = loader_of(source, 1);
  source->pause = std::chrono::milliseconds(200);
  loader.begin_epoch();
  Batch batch;
  ThirdTime interrupt;
  CHECK_THROWS_WITH(loader.next(batch, interrupt), "interrupted");
  CHECK(interrupt.asked == 3);
}

TEST_CASE("threads that read ahead take no signals", "[data]") {
  const auto source = std::make_shared<SlowSource>(23);
  auto loader = loader_of(source, 2);
  source->signals_taken = 0;
  loader.begin_epoch();
  rest_of(loader);
  CHECK(source->batches_read >= 6);
  CHECK(source->signals_taken == 0);
}

TEST_CASE("a source's inputs come in the order that is asked for", "[data]") {
  class TwoInputs : public data::Source {
   public:
    std::int64_t rows() const override { return 4; }
    void read(Batch& batch) override {
      batch.x[0] = batch.index.to(at::kFloat);
      batch.x[1] = batch.index.to(at::kFloat) + 10;
    }
  };
  const auto source = std::make_shared<TwoInputs>();
  CHECK(data::arranged_source(source, {0, 1}, 2) == source);
  const auto swapped = data::dataset_of({"b", "a"}, data::arranged_source(source, {1, 0}, 2));
  Loader loader(swapped, {4});
  Batch batch;
  loader.next(batch);
  CHECK(at::equal(batch.x[0], at::arange(10, 14).to(at::kFloat)));
  CHECK(at::equal(batch.x[1], at::arange(4).to(at::kFloat)));
  const auto one = data::dataset_of({"b"}, data::arranged_source(source, {1}, 2));
  CHECK(one.x[0].item<float>() == 10);
}

// Values by a program of the generator's definition in Python.
TEST_CASE("the random numbers of a row follow the definition of SplitMix64", "[data]") {
  RowRandom first(1, 0);
  CHECK(first.bits() == 0x55c55969ed403149);
  CHECK(first.bits() == 0xfb85af9c9a7e41f1);
  CHECK(RowRandom(1, 1).bits() == 0x81fb535ca52e6825);
  CHECK(RowRandom(~std::uint64_t{0}, 12345).bits() == 0x44653c27b45ae1b3);
  CHECK(RowRandom(1, 0).uniform() == 0.3350425609216934);
  CHECK(RowRandom(1, 0).below(10) == 3);
  CHECK(RowRandom(1, 0).uniform(-1, 1) == Approx(2 * 0.3350425609216934 - 1));
}

}  // namespace mlr3libtorch::test_prefetcher
