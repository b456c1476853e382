#include <ATen/ATen.h>

#include <numeric>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/image/column_source.h"
#include "data/make_rows.h"
#include "image/pictures.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_column_source {
namespace {

using image::Chain;
using image::LazyColumn;
using image::SourceInput;
using test::read_rows;
using Sizes = std::vector<std::int64_t>;

at::Tensor source_values() { return at::arange(6 * 16, at::kFloat).reshape({6, 1, 4, 4}) / 96; }

SourceInput lazy_input(const Sizes& elements, const std::vector<image::ChainStep>& steps) {
  return {LazyColumn{image::tensor_rows(source_values()), elements, std::make_shared<Chain>(steps)}, {}};
}

TEST_CASE("a source reads lazy rows beside rows in memory", "[image]") {
  const auto numbers = at::arange(3, at::kFloat).unsqueeze(1);
  const auto source = image::column_source({lazy_input({5, 0, 2}, {}), {{}, numbers}}, at::arange(3, at::kLong));
  CHECK(source->rows() == 3);
  CHECK(source->is_concurrent());
  CHECK_FALSE(source->is_random());
  const auto batch = read_rows(*source, {2, 0}, 2);
  CHECK(at::equal(batch.x[0], source_values().index_select(0, at::tensor(Sizes{2, 5}))));
  CHECK(at::equal(batch.x[1], at::tensor(std::vector<float>{2, 0}).unsqueeze(1)));
  CHECK(at::equal(batch.y, at::tensor(Sizes{2, 0})));
  CHECK(at::equal(source->targets(), at::arange(3, at::kLong)));
}

TEST_CASE("a row's picture follows from the epoch's number and the row, not from the batch", "[image]") {
  const auto source =
      image::column_source({lazy_input({0, 1, 2, 3, 4, 5}, {{"random_crop", {{"size", Sizes{2}}}}})}, {});
  CHECK(source->is_random());
  const auto all = read_rows(*source, {0, 1, 2, 3, 4, 5}, 1, 9).x[0];
  CHECK(at::equal(read_rows(*source, {4, 1}, 1, 9).x[0], all.index_select(0, at::tensor(Sizes{4, 1}))));
  int differing = 0;
  for (std::uint64_t draw = 10; draw < 20; ++draw) {
    differing += at::equal(read_rows(*source, {0, 1, 2, 3, 4, 5}, 1, draw).x[0], all) ? 0 : 1;
  }
  CHECK(differing >= 9);
}

TEST_CASE("inputs and targets of different lengths are refused", "[image]") {
  CHECK_THROWS_AS(image::column_source({lazy_input({0, 1}, {}), {{}, at::zeros({3, 1})}}, {}), base::ShapeError);
  CHECK_THROWS_AS(image::column_source({lazy_input({0, 1}, {})}, at::zeros({3})), base::ShapeError);
}

}  // namespace
}  // namespace mlr3libtorch::test_column_source
