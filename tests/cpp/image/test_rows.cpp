#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/image/decode.h"
#include "core/image/rows.h"
#include "core/kernel/thread_pool.h"
#include "image/pictures.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_rows {
namespace {

using image::Chain;
using image::LazyColumn;
using test::picture_file;
using Sizes = std::vector<std::int64_t>;

LazyColumn file_column(const std::vector<std::string>& names, std::int64_t channels, Chain chain) {
  std::vector<std::string> paths;
  for (const auto& name : names) paths.push_back(picture_file(name));
  Sizes elements(names.size());
  std::iota(elements.begin(), elements.end(), 0);
  return {image::file_rows(paths, channels), elements, std::make_shared<Chain>(std::move(chain))};
}

at::Tensor rows_of(const LazyColumn& column, const Sizes& index, std::uint64_t draw = 0) {
  base::Interrupt none;
  at::Tensor rows;
  image::read_rows(column, index.data(), static_cast<std::int64_t>(index.size()), draw, none, rows);
  return rows;
}

LazyColumn tensor_column(std::int64_t elements, Chain chain) {
  Sizes rows(static_cast<std::size_t>(elements));
  std::iota(rows.begin(), rows.end(), 0);
  const auto values = at::arange(elements * 36, at::kFloat).reshape({elements, 1, 6, 6}) / 1000;
  return {image::tensor_rows(values), rows, std::make_shared<Chain>(std::move(chain))};
}

TEST_CASE("rows are read in the order asked for", "[image]") {
  const auto column = tensor_column(5, {});
  const auto all = rows_of(column, {0, 1, 2, 3, 4});
  CHECK(all.sizes() == at::IntArrayRef{5, 1, 6, 6});
  CHECK(at::equal(rows_of(column, {3, 0, 3}), all.index_select(0, at::tensor(Sizes{3, 0, 3}))));
}

TEST_CASE("bytes are divided by 255, as those of files", "[image]") {
  const auto bytes = at::arange(12, at::kByte).reshape({2, 1, 2, 3});
  const LazyColumn column{image::tensor_rows(bytes), {0, 1}, std::make_shared<Chain>()};
  CHECK(at::equal(rows_of(column, {1, 0}), bytes.flip({0}).to(at::kFloat).div(255)));
}

TEST_CASE("memory is used again unless somebody else has it", "[image]") {
  const auto column = tensor_column(3, {});
  base::Interrupt none;
  const Sizes index{0, 1};
  at::Tensor rows;
  image::read_rows(column, index.data(), 2, 0, none, rows);
  const auto* const memory = rows.data_ptr();
  image::read_rows(column, index.data(), 2, 0, none, rows);
  CHECK(rows.data_ptr() == memory);
  const auto kept = rows;
  image::read_rows(column, index.data(), 2, 0, none, rows);
  CHECK(rows.data_ptr() != memory);
}

TEST_CASE("a row's numbers do not depend on threads or on the rows read with it", "[image]") {
  const auto column = tensor_column(40, Chain({{"random_crop", {{"size", Sizes{5}}, {"padding", Sizes{2}}}}}));
  Sizes order(40);
  std::iota(order.begin(), order.end(), 0);
  const auto alone = rows_of(column, order, 7);
  for (const int threads : {2, 3}) {
    kernel::ThreadPool pool(threads);
    const kernel::PoolScope scope(&pool);
    CHECK(at::equal(rows_of(column, order, 7), alone));
  }
  std::reverse(order.begin(), order.end());
  CHECK(at::equal(rows_of(column, order, 7), alone.flip({0})));
  CHECK_FALSE(at::equal(rows_of(column, order, 8), alone.flip({0})));
}

TEST_CASE("an unreadable file is named with its row, on any thread", "[image]") {
  const auto column = file_column({"colour.png", "colour.jpg", "absent.png"}, 3, {});
  for (const int threads : {1, 2}) {
    kernel::ThreadPool pool(threads);
    const kernel::PoolScope scope(&pool);
    try {
      rows_of(column, {0, 1, 2});
      FAIL("the file was read");
    } catch (const base::Error& error) {
      CHECK(error.kind() == "file");
      CHECK(std::string(error.what()).find("Row 3: ") == 0);
      CHECK(std::get<std::int64_t>(error.fields().at("row")) == 3);
    }
  }
}

TEST_CASE("a grey picture among coloured ones is refused unless the number of channels is given", "[image]") {
  CHECK_THROWS_AS(rows_of(file_column({"colour.png", "grey.png"}, image::kFileChannels, {}), {0, 1}), base::ShapeError);
  CHECK(rows_of(file_column({"colour.png", "grey.png"}, 3, {}), {0, 1}).size(1) == 3);
}

TEST_CASE("pictures of different sizes are refused unless they are resized", "[image]") {
  CHECK_THROWS_AS(rows_of(file_column({"colour.png", "alpha.png"}, 3, {}), {0, 1}), base::ShapeError);
  const auto resized = file_column({"colour.png", "alpha.png"}, 3, Chain({{"resize", {{"size", Sizes{8, 8}}}}}));
  CHECK(rows_of(resized, {0, 1}).sizes() == at::IntArrayRef{2, 3, 8, 8});
}

TEST_CASE("files that cannot be read are found without stopping at the first", "[image]") {
  base::Interrupt none;
  const auto problems =
      image::file_problems({picture_file("absent.png"), picture_file("grey.png"), picture_file("cmyk.jpg")}, 3, none);
  CHECK_FALSE(problems[0].empty());
  CHECK(problems[1].empty());
  CHECK_FALSE(problems[2].empty());
}

}  // namespace
}  // namespace mlr3libtorch::test_rows
