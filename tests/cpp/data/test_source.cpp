#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <memory>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/data/loader.h"
#include "data/make_rows.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_source {
namespace {

using mlr3libtorch::base::Error;
using mlr3libtorch::data::Batch;
using mlr3libtorch::data::Dataset;
using mlr3libtorch::data::Loader;
using mlr3libtorch::data::LoaderOptions;

Dataset rows_in_memory(std::int64_t rows) {
  auto dataset = test::make_rows(rows);
  dataset.weights = at::arange(rows, at::kFloat);
  return dataset;
}

/// Reads the rows of tensors, and notes how many it was asked for.
class TensorSource : public data::Source {
 public:
  explicit TensorSource(Dataset dataset) : dataset_(std::move(dataset)) {}
  std::int64_t rows() const override { return dataset_.rows(); }
  void read(Batch& batch) override {
    asked.push_back(batch.rows());
    batch.x = {dataset_.x[0].index_select(0, batch.index).to(type)};
    batch.y = dataset_.y.index_select(0, batch.index).narrow(0, 0, batch.rows() - lost);
  }

  std::vector<std::int64_t> asked;
  at::ScalarType type = at::kFloat;
  std::int64_t lost = 0;

 private:
  Dataset dataset_;
};

std::shared_ptr<TensorSource> make_source(std::int64_t rows) {
  return std::make_shared<TensorSource>(rows_in_memory(rows));
}

Dataset rows_that_are_read(const std::shared_ptr<TensorSource>& source) {
  auto dataset = rows_in_memory(source->rows());
  dataset.x[0] = dataset.x[0].narrow(0, 0, 1);
  dataset.y = dataset.y.narrow(0, 0, 1);
  dataset.source = source;
  return dataset;
}

void check_same_batches(Loader& one, Loader& two) {
  Batch expected;
  Batch batch;
  while (one.next(expected)) {
    REQUIRE(two.next(batch));
    CHECK(at::equal(batch.index, expected.index));
    CHECK(at::equal(batch.x[0], expected.x[0]));
    CHECK(at::equal(batch.y, expected.y));
    CHECK(at::equal(batch.weights, expected.weights));
  }
  CHECK_FALSE(two.next(batch));
}

std::string message_of(Loader& loader) {
  Batch batch;
  try {
    loader.next(batch);
  } catch (const Error& error) {
    CHECK(error.kind() == "dataset");
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("rows that are read come in the order of those in memory, shuffled or not", "[data]") {
  for (const bool shuffle : {false, true}) {
    const LoaderOptions options{4, shuffle};
    const auto source = make_source(10);
    Loader memory(rows_in_memory(10), options, at::detail::createCPUGenerator(1));
    Loader read(rows_that_are_read(source), options, at::detail::createCPUGenerator(1));
    CHECK(read.rows() == 10);
    CHECK(read.size() == 3);
    for (int epoch = 0; epoch < 2; ++epoch) {
      memory.begin_epoch();
      read.begin_epoch();
      check_same_batches(memory, read);
    }
    CHECK(source->asked == std::vector<std::int64_t>{4, 4, 2, 4, 4, 2});
  }
}

TEST_CASE("a loader whose rows are read goes on in the middle of an epoch", "[data]") {
  Loader memory(rows_in_memory(10), {4, true}, at::detail::createCPUGenerator(2));
  memory.begin_epoch();
  Batch batch;
  memory.next(batch);
  Loader read(rows_that_are_read(make_source(10)), {4, true}, at::detail::createCPUGenerator(3));
  read.load_state(memory.state());
  check_same_batches(memory, read);
}

TEST_CASE("changing a batch that was read leaves the source's tensors as they are", "[data]") {
  Loader loader(rows_that_are_read(make_source(4)), {4});
  Batch batch;
  loader.next(batch);
  const auto read = batch.x[0];
  batch.own();
  batch.x[0].zero_();
  CHECK(at::equal(read, rows_in_memory(4).x[0]));
}

TEST_CASE("rows that are read must have the types and shapes of the example", "[data]") {
  const auto source = make_source(5);
  Loader loader(rows_that_are_read(source), {2});
  source->type = at::kDouble;
  CHECK(message_of(loader) ==
        "The dataset's input 'x' must be Float of shape (2, 3) for 2 rows, as in the first row, not Double of shape "
        "(2, 3).");
  source->type = at::kFloat;
  source->lost = 1;
  CHECK(message_of(loader) ==
        "The dataset's target must be Float of shape (2, 1) for 2 rows, as in the first row, not Float of shape "
        "(1, 1).");
}

TEST_CASE("the example of a dataset that is read lies in memory", "[data]") {
  const auto source = make_source(5);
  const auto example = rows_that_are_read(source).example();
  example.validate();
  CHECK(example.rows() == 1);
  CHECK(source->asked.empty());
  CHECK(rows_in_memory(5).example().rows() == 5);
}

}  // namespace mlr3libtorch::test_source
