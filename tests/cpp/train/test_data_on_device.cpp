#include "core/base/error.h"
#include "data/make_rows.h"
#include "train/run_setup.h"

namespace mlr3libtorch::test_data_on_device {
namespace {

using namespace mlr3libtorch::test;

/// Shapes without numbers: enough to see where a tensor lies.
const at::Device kMeta{at::kMeta};

class AnySource : public data::Source {
 public:
  std::int64_t rows() const override { return 20; }
  void read(data::Batch& batch) override {
    batch.x[0] = at::zeros({batch.rows(), 3});
    batch.y = at::zeros({batch.rows(), 1});
  }
};

TEST_CASE("on the CPU, data on the device are data in memory", "[train]") {
  for (const auto plan : {train::PlanUse::kOff, train::PlanUse::kRequire}) {
    Setup setup;
    setup.options.plan = plan;
    const auto expected = train_weights(setup);
    setup.options.data_on_device = true;
    CHECK(same_bytes(train_weights(setup), expected));
  }
}

TEST_CASE("rows that a source reads are not moved to the device", "[train]") {
  Setup setup;
  setup.source = std::make_shared<AnySource>();
  setup.options.data_on_device = true;
  CHECK_THROWS_AS(make_run(setup), base::ConfigError);
  CHECK_THROWS_WITH(make_run(setup), Catch::Contains("read when it is needed"));
}

TEST_CASE("a dataset on another device gives its batches there, and their row numbers on the CPU", "[data]") {
  auto dataset = make_rows(10);
  dataset.weights = at::ones({10});
  data::Loader loader(dataset.on(kMeta), {4});
  data::Batch batch;
  REQUIRE(loader.next(batch));
  batch.move_to(kMeta);
  CHECK(batch.x[0].device() == kMeta);
  CHECK(batch.y.device() == kMeta);
  CHECK(batch.weights.device() == kMeta);
  CHECK(batch.index.device().is_cpu());
  CHECK(dataset.x[0].device().is_cpu());
  // A view of the dataset still: whoever writes to it must make it its own.
  CHECK(batch.is_view);
}

TEST_CASE("a batch that was moved is no view any more", "[data]") {
  data::Loader loader(make_rows(10), {4});
  data::Batch batch;
  REQUIRE(loader.next(batch));
  CHECK(batch.is_view);
  batch.move_to(kMeta);
  CHECK(!batch.is_view);
  CHECK(batch.x[0].device() == kMeta);
}

}  // namespace
}  // namespace mlr3libtorch::test_data_on_device
