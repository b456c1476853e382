#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/data/columns.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_columns {
namespace {

using mlr3libtorch::base::Error;
using mlr3libtorch::base::Interrupt;
using mlr3libtorch::data::check_values;
using mlr3libtorch::data::Column;
using mlr3libtorch::data::fill_columns;

constexpr auto kMissing = std::numeric_limits<std::int32_t>::min();

Column doubles(const std::vector<double>& values) {
  return {"d", Column::Kind::kDouble, values.data(), static_cast<std::int64_t>(values.size()), 0};
}

Column integers(const std::vector<std::int32_t>& values, Column::Kind kind, std::int64_t levels = 0) {
  return {"i", kind, values.data(), static_cast<std::int64_t>(values.size()), levels};
}

struct Counting : Interrupt {
  int calls = 0;
  void check() override { ++calls; }
};

// `column` may view a temporary: it lives until the whole expression is done.
std::string kind_of(const Column& column) {
  auto target = at::empty({column.length, column.width()});
  Interrupt interrupt;
  try {
    check_values({"i"}, fill_columns({column}, 0, target, interrupt));
  } catch (const Error& error) {
    return error.kind();
  }
  return "none";
}

}  // namespace

TEST_CASE("columns of every kind land side by side", "[data]") {
  const std::vector<double> d{1.5, -2.0, 3.0};
  const std::vector<std::int32_t> i{4, 5, 6};
  const std::vector<std::int32_t> l{0, 1, 1};
  const std::vector<std::int32_t> f{3, 1, 2};
  auto target = at::full({3, 7}, 9.0F);
  Interrupt interrupt;
  fill_columns({doubles(d), integers(i, Column::Kind::kInteger), integers(l, Column::Kind::kLogical),
                integers(f, Column::Kind::kFactor, 3)},
               1, target, interrupt);
  const auto expected = at::tensor({9.0F, 1.5F,  4.0F, 0.0F, 0.0F, 0.0F, 1.0F,  //
                                    9.0F, -2.0F, 5.0F, 1.0F, 1.0F, 0.0F, 0.0F,  //
                                    9.0F, 3.0F,  6.0F, 1.0F, 0.0F, 1.0F, 0.0F})
                            .reshape({3, 7});
  CHECK(at::equal(target, expected));
}

TEST_CASE("many rows are filled in strips with a look at the interrupt", "[data]") {
  std::vector<double> values(100001);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  auto target = at::empty({100001, 1});
  Counting interrupt;
  fill_columns({doubles(values)}, 0, target, interrupt);
  CHECK(at::equal(target.flatten(), at::arange(100001, at::kFloat)));
  CHECK(interrupt.calls >= 10);
}

TEST_CASE("the range of each column is that before float32", "[data]") {
  const std::vector<double> d{1700000000.25, 1700000000.0, 1700000000.5};
  const std::vector<std::int32_t> i{7, -5, 6};
  const std::vector<std::int32_t> l{1, 1, 1};
  const std::vector<std::int32_t> f{2, 2, 2};
  auto target = at::empty({3, 6});
  Interrupt interrupt;
  const auto ranges = fill_columns({doubles(d), integers(i, Column::Kind::kInteger),
                                    integers(l, Column::Kind::kLogical), integers(f, Column::Kind::kFactor, 3)},
                                   0, target, interrupt);
  const std::vector<double> low{1700000000.0, -5, 1, 0};
  const std::vector<double> high{1700000000.5, 7, 1, 1};
  REQUIRE(ranges.size() == 4);
  for (std::size_t column = 0; column < 4; ++column) {
    CHECK(ranges[column].low == low[column]);
    CHECK(ranges[column].high == high[column]);
  }
}

TEST_CASE("missing and infinite values are told apart", "[data]") {
  CHECK(kind_of(doubles({1.0, std::nan("")})) == "missing_values");
  CHECK(kind_of(doubles({1.0, -INFINITY})) == "infinite_values");
  CHECK(kind_of(doubles({1.0, 1e300})) == "infinite_values");
  CHECK(kind_of(integers({1, kMissing}, Column::Kind::kInteger)) == "missing_values");
  CHECK(kind_of(integers({1, kMissing}, Column::Kind::kLogical)) == "missing_values");
  CHECK(kind_of(integers({1, kMissing}, Column::Kind::kFactor, 2)) == "missing_values");
  CHECK(kind_of(doubles({1.0, 2.0})) == "none");
}

TEST_CASE("a finding names its features and counts the values", "[data]") {
  const std::vector<double> values{std::nan(""), std::nan("")};
  auto target = at::empty({2, 2});
  Interrupt interrupt;
  try {
    check_values({"d", "d"}, fill_columns({doubles(values), doubles(values)}, 0, target, interrupt));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "Found 4 missing values in columns 'd', 'd'; impute or remove the rows.");
    CHECK(std::get<std::int64_t>(error.fields().at("count")) == 4);
  }
}

TEST_CASE("columns that do not fit are refused", "[data]") {
  const std::vector<double> values{1.0, 2.0};
  Interrupt interrupt;
  auto narrow = at::empty({2, 1});
  CHECK_THROWS_AS(fill_columns({doubles(values)}, 1, narrow, interrupt), Error);
  CHECK_THROWS_AS(fill_columns({doubles(values)}, -1, narrow, interrupt), Error);
  auto longer = at::empty({3, 1});
  CHECK_THROWS_AS(fill_columns({doubles(values)}, 0, longer, interrupt), Error);
  auto wrong = at::empty({2, 1}, at::kDouble);
  CHECK_THROWS_AS(fill_columns({doubles(values)}, 0, wrong, interrupt), Error);
}

}  // namespace mlr3libtorch::test_columns
