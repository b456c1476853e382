// Compares the training loop of this package, without callbacks, with the loops a LibTorch user would write in C++:
// a 20-128-128-2 network with ReLU, cross entropy, Adam, batches of 32 of 20,000 shuffled rows, one thread.
// All loops run in turn, one epoch each, again and again; what counts is the median of a loop's epochs.
#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/loss/loss.h"
#include "core/network/network.h"
#include "core/train/generator.h"
#include "core/train/run.h"

namespace {

using namespace mlr3libtorch;

constexpr std::int64_t kRows = 20000;
constexpr std::int64_t kInputs = 20;
constexpr std::int64_t kHidden = 128;
constexpr std::int64_t kClasses = 2;
constexpr std::int64_t kBatchSize = 32;
constexpr std::int64_t kBatches = kRows / kBatchSize;
constexpr double kLearningRate = 0.001;

struct Data {
  at::Tensor x;  // [kRows, kInputs] float32
  at::Tensor y;  // [kRows] int64
};

Data make_data() {
  torch::manual_seed(1);
  const auto x = torch::randn({kRows, kInputs});
  return {x, (x.narrow(1, 0, 3).sum(1) + 0.5 * torch::randn({kRows}) > 0).to(torch::kLong)};
}

/// One contender: `run_epoch` trains one epoch, `loss` says how far it has come.
struct Contender {
  std::string name;
  std::function<void()> run_epoch;
  std::function<double()> loss;
  std::vector<double> microseconds = {};  // a batch, one number an epoch
};

/// What the two idiomatic loops have in common.
struct EagerModel {
  torch::nn::Sequential network{torch::nn::Linear(kInputs, kHidden), torch::nn::ReLU(),
                                torch::nn::Linear(kHidden, kHidden), torch::nn::ReLU(),
                                torch::nn::Linear(kHidden, kClasses)};
  torch::optim::Adam optimizer{network->parameters(), torch::optim::AdamOptions(kLearningRate)};
  at::Tensor loss;

  void train_batch(const at::Tensor& x, const at::Tensor& y) {
    optimizer.zero_grad();
    loss = torch::nn::functional::cross_entropy(network->forward(x), y);
    loss.backward();
    optimizer.step();
  }
};

Contender make_index_select(const Data& data) {
  auto model = std::make_shared<EagerModel>();
  const auto run_epoch = [model, data] {
    for (const auto& index : torch::randperm(kRows, torch::kLong).split(kBatchSize)) {
      model->train_batch(data.x.index_select(0, index), data.y.index_select(0, index));
    }
  };
  return {"LibTorch, index_select", run_epoch, [model] { return model->loss.item<double>(); }};
}

Contender make_data_loader(const Data& data) {
  auto model = std::make_shared<EagerModel>();
  struct RowDataset : torch::data::datasets::Dataset<RowDataset> {
    explicit RowDataset(Data rows) : data(std::move(rows)) {}
    torch::data::Example<> get(std::size_t row) override {
      return {data.x[static_cast<std::int64_t>(row)], data.y[static_cast<std::int64_t>(row)]};
    }
    torch::optional<std::size_t> size() const override { return kRows; }
    Data data;
  };
  const auto run_epoch = [model, data] {
    auto loader = torch::data::make_data_loader<torch::data::samplers::RandomSampler>(
        RowDataset(data).map(torch::data::transforms::Stack<>()), torch::data::DataLoaderOptions(kBatchSize));
    for (const auto& batch : *loader) model->train_batch(batch.data, batch.target);
  };
  return {"LibTorch, DataLoader", run_epoch, [model] { return model->loss.item<double>(); }};
}

network::Spec make_spec() {
  network::Spec spec;
  spec.inputs = {"x"};
  spec.nodes = {{"linear1", "linear", {{"out_features", kHidden}}, {"x"}},
                {"relu1", "relu", {}, {"linear1"}},
                {"linear2", "linear", {{"out_features", kHidden}}, {"relu1"}},
                {"relu2", "relu", {}, {"linear2"}},
                {"head", "linear", {{"out_features", kClasses}}, {"relu2"}}};
  return spec;
}

Contender make_package(const Data& data) {
  const data::Dataset dataset{{"x"}, {data.x}, data.y};
  train::RunOptions options;
  options.epochs = 0;
  options.loader.batch_size = kBatchSize;
  options.loader.shuffle = true;
  options.device = "cpu";
  const auto generator = train::make_generator(1);
  const auto spec = make_spec();
  auto network = std::make_shared<network::Network>(spec, std::vector<at::Tensor>{data.x.narrow(0, 0, 2)}, generator);
  auto loss = loss::losses().make("cross_entropy", loss::losses().bind("cross_entropy", {}));
  auto run = std::make_shared<train::Run>(network, dataset, std::nullopt, std::move(loss),
                                          train::OptimizerRequest{"adam", {{"lr", kLearningRate}}}, options, generator,
                                          train::Callbacks());
  run->begin();
  const auto run_epoch = [run] {
    train::Scorer nobody;
    base::Interrupt never;
    ++run->context().total_epochs;
    run->train(nobody, never);
  };
  return {"mlr3libtorch", run_epoch, [run] { return run->context().loss.item<double>(); }};
}

/// Processor time, so that what else runs on the machine does not count; every loop runs on one thread.
double time_epoch(const std::function<void()>& run_epoch) {
  const auto start = std::clock();
  run_epoch();
  return 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / kBatches;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

/// Takes the number of epochs for each loop (default 11).
int main(int argc, char** argv) {
  const int epochs = argc > 1 ? std::max(1, std::atoi(argv[1])) : 11;
  at::set_num_threads(1);
  const auto data = make_data();
  std::vector<Contender> contenders = {make_index_select(data), make_data_loader(data), make_package(data)};
  for (auto& contender : contenders) contender.run_epoch();  // allocates, fills caches
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (auto& contender : contenders) contender.microseconds.push_back(time_epoch(contender.run_epoch));
  }
  std::printf("20-128-128-2, batch 32, Adam, one thread, %d epochs in turn; LibTorch %s\n", epochs, TORCH_VERSION);
  for (const auto& contender : contenders) {
    std::printf("%-24s %7.1f us a batch (median), last loss %.4f\n", contender.name.c_str(),
                median(contender.microseconds), contender.loss());
  }
  const auto eager = std::min(median(contenders[0].microseconds), median(contenders[1].microseconds));
  std::printf("mlr3libtorch / LibTorch: %.3f\n", median(contenders[2].microseconds) / eager);
  return 0;
}
