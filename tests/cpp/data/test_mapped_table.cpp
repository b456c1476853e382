#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/data/loader.h"
#include "core/data/mapped_source.h"
#include "core/data/moments.h"
#include "core/data/read_batch.h"
#include "core/io/free_memory.h"
#include "core/io/safetensors.h"
#include "data/make_rows.h"
#include "io/files.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_mapped_table {
namespace {

using mlr3libtorch::base::Error;
using mlr3libtorch::base::FileError;
using mlr3libtorch::data::Batch;
using mlr3libtorch::data::Column;
using mlr3libtorch::data::MappedTable;
using mlr3libtorch::data::TableRecipe;
using mlr3libtorch::data::TableWriter;
using Kind = TableRecipe::Kind;
using Part = TableRecipe::Part;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr auto kNoInteger = std::numeric_limits<std::int32_t>::min();

/// Two numbers, a factor of three levels, and a logical.
struct Rows {
  std::vector<double> first{1.5, -2, 3, 4.25, 5, 1e-3};
  std::vector<double> second{10, 20, 30, 40, 50, 60};
  std::vector<std::int32_t> factor{1, 3, 2, 2, 1, 3};
  std::vector<std::int32_t> flag{0, 1, 1, 0, 1, 0};

  std::vector<Column> columns(std::size_t begin, std::size_t end) const {
    const auto length = static_cast<std::int64_t>(end - begin);
    return {{"first", Column::Kind::kDouble, first.data() + begin, length},
            {"factor", Column::Kind::kFactor, factor.data() + begin, length, 3},
            {"second", Column::Kind::kDouble, second.data() + begin, length},
            {"flag", Column::Kind::kLogical, flag.data() + begin, length}};
  }
};

/// A file with these rows, written in two blocks.
std::string write_table(const io::testing::TemporaryFolder& folder, const Rows& rows, const at::Tensor& row_ids = {}) {
  const auto path = folder.file("table");
  base::Interrupt interrupt;
  TableWriter writer(path, 6, 4, row_ids, {{"note", "some text"}});
  writer.append(rows.columns(0, 4), interrupt);
  writer.append(rows.columns(4, 6), interrupt);
  writer.commit();
  return path;
}

std::shared_ptr<const MappedTable> open_table(const std::string& path, bool verify = true) {
  base::Interrupt interrupt;
  return std::make_shared<const MappedTable>(path, verify, interrupt);
}

Part number(std::int64_t column) { return {Kind::kNumber, column}; }
Part factor(Kind kind, std::vector<std::int64_t> codes = {}) { return {kind, 1, std::move(codes), 3}; }

std::string refusal_of(const std::string& path) {
  try {
    open_table(path);
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

void change_byte(const std::string& path, std::int64_t from_end) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(-from_end, std::ios::end);
  const auto byte = static_cast<char>(file.get() ^ 4);
  file.seekp(-from_end, std::ios::end);
  file.put(byte);
}

}  // namespace

TEST_CASE("a table that was written in blocks is read back row by row", "[data]") {
  const io::testing::TemporaryFolder folder;
  const auto table = open_table(write_table(folder, Rows()));
  CHECK(table->rows() == 6);
  CHECK(table->columns() == 4);
  CHECK(table->metadata().at("note") == "some text");
  CHECK_FALSE(table->row_ids().defined());
  const std::vector<float> second(table->row(1), table->row(1) + 4);
  CHECK(second == std::vector<float>{-2, 2, 20, 1});
  const auto facts = table->facts();
  CHECK(facts[0].low == -2);
  CHECK(facts[0].high == 5);
  CHECK(facts[2].high == 60);
  CHECK(facts[1].missing == 0);
}

TEST_CASE("a mapped table is a safetensors file that any reader reads", "[data]") {
  const io::testing::TemporaryFolder folder;
  base::Interrupt interrupt;
  const auto path = write_table(folder, Rows(), at::arange(11, 17));
  const auto contents = io::read_safetensors(path, interrupt);
  CHECK(at::equal(contents.tensors.at("row_ids"), at::arange(11, 17)));
  CHECK(contents.tensors.at("rows").sizes() == at::IntArrayRef({6, 4}));
  CHECK(contents.tensors.at("rows")[3][0].item<float>() == 4.25F);
  CHECK(at::equal(open_table(path)->row_ids(), at::arange(11, 17)));
}

TEST_CASE("missing and infinite values are counted, whatever the type, for the rows that are asked for", "[data]") {
  const io::testing::TemporaryFolder folder;
  Rows rows;
  rows.first[1] = std::nan("");
  rows.second[5] = 1e300;
  rows.factor[2] = kNoInteger;
  rows.flag[2] = kNoInteger;
  const auto table = open_table(write_table(folder, rows));
  base::Interrupt interrupt;
  const auto facts = table->facts();
  CHECK(facts[0].missing == 1);
  CHECK(facts[1].missing == 1);
  CHECK(facts[2].infinite == 1);
  CHECK(facts[3].missing == 1);
  const auto all = data::count_bad(*table, {0, 1, 2, 3}, {}, interrupt);
  CHECK(all[1].missing == 1);
  CHECK(all[2].infinite == 1);
  const auto some = data::count_bad(*table, {0, 1}, at::tensor({0, 2}, at::kLong), interrupt);
  CHECK(some[0].missing == 0);
  CHECK(some[1].missing == 1);
}

TEST_CASE("the codes that some rows have are known", "[data]") {
  const io::testing::TemporaryFolder folder;
  const auto table = open_table(write_table(folder, Rows()));
  base::Interrupt interrupt;
  CHECK(data::codes_used(*table, 1, 3, {}, interrupt) == std::vector<bool>{true, true, true});
  CHECK(data::codes_used(*table, 1, 3, at::tensor({0, 4, 5}, at::kLong), interrupt) ==
        std::vector<bool>{true, false, true});
}

TEST_CASE("rows become inputs as their recipes say", "[data]") {
  const io::testing::TemporaryFolder folder;
  const auto table = open_table(write_table(folder, Rows()));
  const auto as_classes = std::vector<Part>{factor(Kind::kClass), {Kind::kClass, 3, {}, 2}};
  const auto source = data::mapped_source(table, {},
                                          {{{number(0), factor(Kind::kIndicators), number(2), number(3)}},
                                           {{number(2), number(3)}, {2, 1}},
                                           {as_classes},
                                           {{{Kind::kZero}}}},
                                          {{factor(Kind::kFirst)}}, {});
  const auto batch = test::read_rows(*source, {5, 1, 1}, 4);
  CHECK(at::equal(batch.x[0], at::tensor({1e-3F, 0.F, 0.F, 1.F, 60.F, 0.F, -2.F, 0.F, 0.F, 1.F, 20.F, 1.F, -2.F, 0.F,
                                          0.F, 1.F, 20.F, 1.F})
                                  .reshape({3, 6})));
  CHECK(batch.x[1].sizes() == at::IntArrayRef({3, 2, 1}));
  CHECK(at::equal(batch.x[2], at::tensor({2, 0, 2, 1, 2, 1}, at::kLong).reshape({3, 2})));
  CHECK(at::equal(batch.x[3], at::zeros({3, 1})));
  CHECK(at::equal(batch.y, at::zeros({3, 1})));
  CHECK_FALSE(batch.is_view);
  CHECK(at::equal(source->targets(), at::tensor({1.F, 0.F, 0.F, 0.F, 1.F, 0.F}).unsqueeze(1)));
}

TEST_CASE("levels may come in another order than in the file, and targets from memory", "[data]") {
  const io::testing::TemporaryFolder folder;
  const auto table = open_table(write_table(folder, Rows()));
  const auto targets = at::arange(2, at::kFloat).unsqueeze(1);
  const auto source = data::mapped_source(table, at::tensor({3, 0}, at::kLong),
                                          {{{factor(Kind::kIndicators, {2, 0, -1})}}}, {}, targets);
  CHECK(source->rows() == 2);
  const auto batch = test::read_rows(*source, {0, 1});
  CHECK(at::equal(batch.x[0], at::tensor({1.F, 0.F, 0.F, 0.F, 0.F, 1.F}).reshape({2, 3})));
  CHECK(at::equal(batch.y, targets));
  const auto unseen = data::mapped_source(table, {}, {{{factor(Kind::kIndicators, {2, 0, -1})}}}, {}, {});
  CHECK_THROWS_AS(test::read_rows(*unseen, {1}), Error);
}

TEST_CASE("an input may stay in codes", "[data]") {
  const io::testing::TemporaryFolder folder;
  const auto table = open_table(write_table(folder, Rows()));
  TableRecipe coded{{number(0), factor(Kind::kCode)}};
  coded.coding = std::make_shared<const kernel::Coding>(std::vector<std::int64_t>{0, 3});
  const auto dataset = data::dataset_of({"x"}, data::mapped_source(table, {}, {coded}, {}, {}));
  data::Loader loader(dataset, {4});
  Batch batch;
  REQUIRE(loader.next(batch));
  CHECK(at::equal(batch.codes[0].values, at::tensor({1.5F, 0.F, -2.F, 2.F, 3.F, 1.F, 4.25F, 1.F}).reshape({4, 2})));
  batch.expand();
  CHECK(at::equal(batch.x[0][1], at::tensor({-2.F, 0.F, 0.F, 1.F})));
}

TEST_CASE("recipes that do not fit the table are refused", "[data]") {
  const io::testing::TemporaryFolder folder;
  const auto table = open_table(write_table(folder, Rows()));
  CHECK_THROWS_AS(data::mapped_source(table, {}, {{{number(4)}}}, {}, {}), Error);
  CHECK_THROWS_AS(data::mapped_source(table, {}, {{{factor(Kind::kClass, {0, 3})}}}, {}, {}), Error);
  CHECK_THROWS_AS(data::mapped_source(table, {}, {{{number(0), number(2)}, {3}}}, {}, {}), Error);
  CHECK_THROWS_AS(data::mapped_source(table, at::tensor({6}, at::kLong), {{{number(0)}}}, {}, {}), Error);
}

TEST_CASE("means and deviations are the same bits for rows that are read", "[data]") {
  const io::testing::TemporaryFolder folder;
  const auto generator = at::detail::createCPUGenerator(1);
  const auto x = at::randn({9000, 1}, generator, at::kDouble);
  base::Interrupt interrupt;
  TableWriter writer(folder.file("large"), 9000, 1, {}, {});
  writer.append({{"x", Column::Kind::kDouble, x.data_ptr(), 9000}}, interrupt);
  writer.commit();
  auto dataset =
      data::dataset_of({"x"}, data::mapped_source(open_table(folder.file("large")), {}, {{{number(0)}}}, {}, {}));
  dataset.weights = at::rand({9000}, generator);
  const auto expected = data::column_moments(x.to(at::kFloat), dataset.weights);
  const auto moments = data::column_moments(dataset, 0, interrupt);
  CHECK(moments.mean == expected.mean);
  CHECK(moments.deviation == expected.deviation);
}

TEST_CASE("files that are damaged, cut short or something else are refused", "[data]") {
  const io::testing::TemporaryFolder folder;
  const auto path = write_table(folder, Rows());
  CHECK(refusal_of(path).empty());
  change_byte(path, 5);
  CHECK(refusal_of(path).find("does not match its checksum") != std::string::npos);
  CHECK(open_table(path, false)->rows() == 6);
  REQUIRE(::truncate(path.c_str(), 300) == 0);
  CHECK_FALSE(refusal_of(path).empty());
  base::Interrupt interrupt;
  io::write_safetensors(path, {{{"rows", at::zeros({2, 2})}}, {{"content", "mlr3libtorch checkpoint"}}}, interrupt);
  CHECK(refusal_of(path).find("is not a mapped task: its content is 'mlr3libtorch checkpoint'") != std::string::npos);
  std::map<std::string, std::string> later{{"content", "mlr3libtorch mapped task"}, {"version", "2"}};
  io::write_safetensors(path, {{{"rows", at::zeros({2, 2})}}, later}, interrupt);
  CHECK(refusal_of(path).find("version '2'") != std::string::npos);
  later["version"] = "1";
  io::write_safetensors(path, {{{"rows", at::zeros({2, 2})}}, later}, interrupt);
  CHECK(refusal_of(path).find("no tensor 'facts'") != std::string::npos);
  CHECK(refusal_of(folder.file("nothing")).find("No such file") != std::string::npos);
}

TEST_CASE("a table that is not finished leaves no file behind", "[data]") {
  const io::testing::TemporaryFolder folder;
  base::Interrupt interrupt;
  {
    TableWriter writer(folder.file("table"), 6, 4, {}, {});
    writer.append(Rows().columns(0, 4), interrupt);
    CHECK(writer.rows_left() == 2);
    CHECK_THROWS_AS(writer.commit(), Error);
    CHECK_THROWS_AS(writer.append(Rows().columns(0, 3), interrupt), Error);
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("some memory is free", "[io]") { CHECK(io::free_memory() > 0); }

}  // namespace mlr3libtorch::test_mapped_table
