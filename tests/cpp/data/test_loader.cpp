#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <optional>

#include "core/base/error.h"
#include "core/data/loader.h"
#include "data/make_rows.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_loader {
namespace {

using mlr3libtorch::base::Error;
using mlr3libtorch::data::Batch;
using mlr3libtorch::data::Dataset;
using mlr3libtorch::data::EpochOrder;
using mlr3libtorch::data::Loader;
using mlr3libtorch::data::LoaderOptions;

at::Tensor epoch_order(Loader& loader) {
  std::vector<at::Tensor> parts;
  Batch batch;
  loader.begin_epoch();
  while (loader.next(batch)) parts.push_back(batch.index.clone());
  return at::cat(parts);
}

std::string kind_of(const Dataset& dataset, const LoaderOptions& options) {
  try {
    Loader loader(dataset, options);
  } catch (const Error& error) {
    return error.kind();
  }
  return "none";
}

/// Gives what it is told, and notes for how many rows it was asked.
class FixedSampler : public mlr3libtorch::data::Sampler {
 public:
  explicit FixedSampler(at::Tensor rows, at::Tensor ends = {}) : order_({std::move(rows), std::move(ends)}) {}
  EpochOrder order(std::int64_t rows) override {
    asked.push_back(rows);
    return order_;
  }
  std::vector<std::int64_t> asked;

 private:
  EpochOrder order_;
};

std::string kind_with_order(const at::Tensor& order, const at::Tensor& ends = {}) {
  Loader loader(test::make_rows(5), {2, false, false, std::make_shared<FixedSampler>(order, ends)});
  try {
    loader.begin_epoch();
  } catch (const Error& error) {
    return error.kind();
  }
  return "none";
}

}  // namespace

std::vector<std::int64_t> epoch_sizes(Loader& loader) {
  std::vector<std::int64_t> sizes;
  Batch batch;
  loader.begin_epoch();
  while (loader.next(batch)) sizes.push_back(batch.rows());
  CHECK(loader.size() == static_cast<std::int64_t>(sizes.size()));
  return sizes;
}

TEST_CASE("a loader deals every row out once, in order", "[data]") {
  Loader loader(test::make_rows(7), {3, false, false});
  Batch batch;
  loader.begin_epoch();
  std::vector<std::int64_t> sizes;
  while (loader.next(batch)) sizes.push_back(batch.rows());
  CHECK(sizes == std::vector<std::int64_t>{3, 3, 1});
  CHECK(loader.size() == 3);
  CHECK(at::equal(epoch_order(loader), at::arange(7)));
}

TEST_CASE("a batch without shuffling is a view", "[data]") {
  const auto dataset = test::make_rows(6);
  Loader loader(dataset, {2, false, false});
  Batch batch;
  loader.begin_epoch();
  loader.next(batch);
  loader.next(batch);
  CHECK(batch.x[0].data_ptr<float>() == dataset.x[0].data_ptr<float>() + 6);
}

TEST_CASE("a shuffled batch holds the rows that its index names", "[data]") {
  auto dataset = test::make_rows(10);
  dataset.weights = at::rand({10}, at::detail::createCPUGenerator(2));
  Loader loader(dataset, {4, true, false}, at::detail::createCPUGenerator(1));
  Batch batch;
  loader.begin_epoch();
  while (loader.next(batch)) {
    CHECK(at::equal(batch.x[0], dataset.x[0].index_select(0, batch.index)));
    CHECK(at::equal(batch.y, dataset.y.index_select(0, batch.index)));
    CHECK(at::equal(batch.weights, dataset.weights.index_select(0, batch.index)));
  }
}

TEST_CASE("a batch that somebody kept is not written over", "[data]") {
  Loader loader(test::make_rows(8), {2, true, false}, at::detail::createCPUGenerator(1));
  Batch batch;
  loader.begin_epoch();
  loader.next(batch);
  const auto* memory = batch.x[0].data_ptr();
  loader.next(batch);
  CHECK(batch.x[0].data_ptr() == memory);
  const auto kept = batch.x[0];
  const auto copy = kept.clone();
  loader.next(batch);
  CHECK(at::equal(kept, copy));
  const auto kept_view = batch.x[0].narrow(0, 0, 1);
  const auto copied_view = kept_view.clone();
  loader.next(batch);
  CHECK(at::equal(kept_view, copied_view));
}

TEST_CASE("the same seed gives the same order, the next epoch another one", "[data]") {
  Loader one(test::make_rows(50), {8, true, false}, at::detail::createCPUGenerator(3));
  Loader two(test::make_rows(50), {8, true, false}, at::detail::createCPUGenerator(3));
  const auto first = epoch_order(one);
  CHECK(at::equal(first, epoch_order(two)));
  CHECK_FALSE(at::equal(first, epoch_order(one)));
}

TEST_CASE("the library's generator is not touched", "[data]") {
  const auto before = at::detail::getDefaultCPUGenerator().get_state();
  Loader loader(test::make_rows(50), {8, true, false}, at::detail::createCPUGenerator(3));
  epoch_order(loader);
  CHECK(at::equal(before, at::detail::getDefaultCPUGenerator().get_state()));
}

TEST_CASE("drop_last leaves the small batch out", "[data]") {
  Loader loader(test::make_rows(7), {3, false, true});
  CHECK(loader.size() == 2);
  CHECK(epoch_order(loader).size(0) == 6);
}

TEST_CASE("a loader goes on where its state says", "[data]") {
  Loader one(test::make_rows(20), {4, true, false}, at::detail::createCPUGenerator(3));
  Batch batch;
  one.begin_epoch();
  one.next(batch);
  one.next(batch);
  Loader two(test::make_rows(20), {4, true, false}, at::detail::createCPUGenerator(9));
  two.load_state(one.state());
  Batch other;
  while (one.next(batch)) {
    REQUIRE(two.next(other));
    CHECK(at::equal(batch.x[0], other.x[0]));
  }
  CHECK_FALSE(two.next(other));
}

TEST_CASE("a loader refuses what cannot be", "[data]") {
  CHECK(kind_of(test::make_rows(5), {0, false, false}) == "config");
  CHECK(kind_of(test::make_rows(5), {6, false, true}) == "config");
  CHECK(kind_of(test::make_rows(0), {6, false, false}) == "no_rows");
  CHECK(kind_of(Dataset{}, {6, false, false}) == "shape");
  auto uneven = test::make_rows(5);
  uneven.y = at::zeros({4, 1});
  CHECK(kind_of(uneven, {6, false, false}) == "shape");
  Loader loader(test::make_rows(3), {1, false, false});
  CHECK_THROWS_AS(loader.load_state({at::zeros({3}, at::kLong), 0}), Error);
  CHECK_THROWS_AS(loader.load_state({at::arange(3), 4}), Error);
  CHECK_THROWS_AS(loader.load_state({at::Tensor(), 0}), Error);
}

TEST_CASE("a sampler is asked once an epoch and may repeat and leave out rows", "[data]") {
  const auto sampler = std::make_shared<FixedSampler>(at::tensor({4, 4, 0, 1, 1, 1, 2}, at::kLong));
  Loader loader(test::make_rows(5), {3, false, false, sampler});
  Batch batch;
  loader.begin_epoch();
  std::vector<std::int64_t> sizes;
  while (loader.next(batch)) {
    sizes.push_back(batch.rows());
    CHECK(at::equal(batch.x[0], loader.dataset().x[0].index_select(0, batch.index)));
    CHECK(at::equal(batch.y, loader.dataset().y.index_select(0, batch.index)));
  }
  CHECK(sizes == std::vector<std::int64_t>{3, 3, 1});
  CHECK(loader.size() == 3);
  CHECK(at::equal(epoch_order(loader), at::tensor({4, 4, 0, 1, 1, 1, 2}, at::kLong)));
  CHECK(sampler->asked == std::vector<std::int64_t>{5, 5});
}

TEST_CASE("a sampler's order is refused if it is not one of the rows", "[data]") {
  CHECK(kind_with_order(at::tensor({4, 0}, at::kLong)) == "none");
  CHECK(kind_with_order(at::tensor({5}, at::kLong)) == "sampler");
  CHECK(kind_with_order(at::tensor({0, -1}, at::kLong)) == "sampler");
  CHECK(kind_with_order(at::empty({0}, at::kLong)) == "sampler");
  CHECK(kind_with_order(at::zeros({2})) == "sampler");
  CHECK(kind_with_order(at::zeros({2, 2}, at::kLong)) == "sampler");
  CHECK(kind_with_order(at::Tensor()) == "sampler");
}

TEST_CASE("a sampler may decide where batches end", "[data]") {
  const auto order = at::tensor({4, 4, 0, 1, 2}, at::kLong);
  const auto ends = at::tensor({1, 4, 5}, at::kLong);
  const auto sampler = [=] { return std::make_shared<FixedSampler>(order, ends); };
  Loader one(test::make_rows(5), {2, false, false, sampler()});
  CHECK(epoch_sizes(one) == std::vector<std::int64_t>{1, 3, 1});
  CHECK(at::equal(epoch_order(one), order));
  one.begin_epoch();
  Batch batch;
  one.next(batch);
  one.next(batch);
  // with or without a sampler of its own
  Loader two(test::make_rows(5), {2, false, false, sampler()});
  two.load_state(one.state());
  CHECK(two.size() == 3);
  REQUIRE(two.next(batch));
  CHECK(at::equal(batch.index, at::tensor({2}, at::kLong)));
  CHECK_FALSE(two.next(batch));
  CHECK_THROWS_AS(two.load_state({order, 3, 2, 0, ends}), Error);
  CHECK_THROWS_AS(two.load_state({order, 5, 4, 0, ends}), Error);
  CHECK_THROWS_AS(two.load_state({order, 1, 1, 0, at::tensor({1, 4}, at::kLong)}), Error);
  for (const auto& wrong : {at::tensor({0, 5}, at::kLong), at::tensor({3, 2, 5}, at::kLong), at::tensor({4}, at::kLong),
                            at::empty({0}, at::kLong), at::tensor({5.0})}) {
    CHECK(kind_with_order(order, wrong) == "sampler");
  }
}

TEST_CASE("a sampled epoch goes on where its state says", "[data]") {
  const auto order = at::tensor({4, 4, 0, 1, 1, 1, 2}, at::kLong);
  Loader one(test::make_rows(5), {2, false, false, std::make_shared<FixedSampler>(order)});
  Loader two(test::make_rows(5), {2, false, false, std::make_shared<FixedSampler>(at::zeros({1}, at::kLong))});
  Batch batch;
  one.begin_epoch();
  one.next(batch);
  two.load_state(one.state());
  CHECK(two.size() == 4);
  Batch other;
  while (one.next(batch)) {
    REQUIRE(two.next(other));
    CHECK(at::equal(batch.index, other.index));
  }
  CHECK_FALSE(two.next(other));
  CHECK_THROWS_AS(two.load_state({order, 8, 4}), Error);
  CHECK_THROWS_AS(two.load_state({order, 2, 3}), Error);
  CHECK_THROWS_AS(two.load_state({order.add(1)}), Error);
}

LoaderOptions sampled(std::int64_t batch_size, std::int64_t length) {
  LoaderOptions options{batch_size};
  options.sampler = std::make_shared<FixedSampler>(at::zeros({length}, at::kLong));
  return options;
}

TEST_CASE("a lone last row is left out by the length of the order, not of the dataset", "[data]") {
  const auto sizes = [](std::int64_t batch_size, std::int64_t rows, std::optional<std::int64_t> length = {}) {
    auto options = length ? sampled(batch_size, *length) : LoaderOptions{batch_size};
    options.drop_lone_last = true;
    Loader loader(test::make_rows(rows), options);
    return epoch_sizes(loader);
  };
  using Sizes = std::vector<std::int64_t>;
  CHECK(sizes(32, 65) == Sizes{32, 32});
  CHECK(sizes(32, 66) == Sizes{32, 32, 2});
  CHECK(sizes(32, 150, 33) == Sizes{32});
  CHECK(sizes(32, 65, 60) == Sizes{32, 28});
  // There is nothing else to train on.
  CHECK(sizes(32, 65, 1) == Sizes{1});
  CHECK(sizes(1, 3) == Sizes{1, 1, 1});
}

TEST_CASE("with a sampler, how many batches there are is known when it has been asked", "[data]") {
  auto options = sampled(4, 9);
  options.drop_last = true;
  Loader loader(test::make_rows(3), options);
  CHECK(loader.size() == 0);
  CHECK(loader.order_length() == 0);
  CHECK(epoch_sizes(loader) == std::vector<std::int64_t>{4, 4});
  CHECK(loader.order_length() == 9);
  auto short_options = sampled(4, 3);
  short_options.drop_last = true;
  Loader short_loader(test::make_rows(20), short_options);
  CHECK_THROWS_AS(short_loader.begin_epoch(), Error);
}

TEST_CASE("an epoch that goes on with other batches visits each of its rows once", "[data]") {
  for (const bool shuffle : {false, true}) {
    for (const std::int64_t size : {1, 2, 3, 7, 20}) {
      CAPTURE(shuffle, size);
      Loader one(test::make_rows(20), {4, true}, at::detail::createCPUGenerator(3));
      Batch batch;
      one.begin_epoch();
      std::vector<at::Tensor> visited;
      for (int i = 0; i < 2; ++i) {
        one.next(batch);
        visited.push_back(batch.index.clone());
      }
      Loader two(test::make_rows(20), {size, shuffle}, at::detail::createCPUGenerator(9));
      two.load_state(one.state());
      std::int64_t batches = 2;
      while (two.next(batch)) {
        CHECK(at::equal(batch.x[0], two.dataset().x[0].index_select(0, batch.index)));
        visited.push_back(batch.index.clone());
        ++batches;
      }
      CHECK(two.size() == batches);
      CHECK(at::equal(std::get<0>(at::cat(visited).sort()), at::arange(20)));
      CHECK(at::equal(epoch_order(two), at::arange(20)) == !shuffle);
    }
  }
}

TEST_CASE("a batch that has been made its own can be written to, and nothing else changes", "[data]") {
  const auto dataset = test::make_rows(6);
  const auto before = dataset.x[0].clone();
  Loader loader(dataset, {6});
  Batch batch;
  loader.begin_epoch();
  loader.next(batch);
  REQUIRE(batch.is_view);
  batch.own();
  batch.x[0].mul_(2);
  batch.y.fill_(7);
  CHECK(at::equal(dataset.x[0], before));
  CHECK(at::equal(dataset.y, test::make_rows(6).y));
  const auto* memory = batch.x[0].data_ptr();
  batch.own();
  CHECK(batch.x[0].data_ptr() == memory);
}

TEST_CASE("a target that is not one of the classes is refused", "[data]") {
  using mlr3libtorch::data::check_target;
  CHECK_NOTHROW(check_target(at::tensor({0, 2, -100}, at::kLong), 3));
  CHECK_THROWS_AS(check_target(at::tensor({0, 3}, at::kLong), 3), Error);
  CHECK_NOTHROW(check_target(at::tensor({0.0, 0.3, 1.0}), 2));
  CHECK_THROWS_AS(check_target(at::tensor({0.0, 1.5}), 2), Error);
  CHECK_THROWS_AS(check_target(at::tensor({-0.1}), 2), Error);
  CHECK_THROWS_AS(check_target(at::tensor({0.0 / 0.0}), 2), Error);
  CHECK_NOTHROW(check_target(at::tensor({5.0}), 0));
}

}  // namespace mlr3libtorch::test_loader
