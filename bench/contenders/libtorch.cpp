// LibTorch in C++, written as its tutorials do: cells come in from standard input, seconds go out (see
// bench/measure.R).
#include <torch/torch.h>

#include <memory>

#include "../cell.h"

namespace {

using bench::Cell;

struct Data {
  at::Tensor x;  // [rows, inputs] float32
  at::Tensor y;  // [rows, 1] float32 or [rows] int64
};

Data make_data(const Cell& cell) {
  torch::manual_seed(1);
  const auto x = torch::randn({cell.rows, cell.inputs});
  const auto signal = x.narrow(1, 0, 3).sum(1) + 0.5 * torch::randn({cell.rows});
  return {x, cell.task == "regression" ? signal.unsqueeze(1) : (signal > 0).to(torch::kLong)};
}

torch::nn::Sequential make_network(const Cell& cell) {
  torch::nn::Sequential network;
  const auto sizes = cell.sizes();
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    if (i > 1) network->push_back(torch::nn::ReLU());
    network->push_back(torch::nn::Linear(sizes[i - 1], sizes[i]));
  }
  return network;
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(const Cell& cell, const std::vector<at::Tensor>& parameters) {
  using namespace torch::optim;
  if (cell.optimizer == "sgd") return std::make_unique<SGD>(parameters, SGDOptions(cell.rate));
  if (cell.optimizer == "adam") return std::make_unique<Adam>(parameters, AdamOptions(cell.rate));
  return std::make_unique<AdamW>(parameters, AdamWOptions(cell.rate));
}

void train(const Cell& cell, const Data& data) {
  auto network = make_network(cell);
  const auto optimizer = make_optimizer(cell, network->parameters());
  const auto train_batch = [&](const at::Tensor& x, const at::Tensor& y) {
    optimizer->zero_grad();
    const auto y_hat = network->forward(x);
    const auto loss = cell.task == "regression" ? torch::nn::functional::mse_loss(y_hat, y)
                                                : torch::nn::functional::cross_entropy(y_hat, y);
    loss.backward();
    optimizer->step();
  };
  for (std::int64_t epoch = 0; epoch < cell.epochs; ++epoch) {
    const auto order = cell.shuffle ? torch::randperm(cell.rows, torch::kLong) : at::Tensor();
    for (std::int64_t begin = 0; begin < cell.rows; begin += cell.batch) {
      const auto end = std::min(begin + cell.batch, cell.rows);
      if (cell.shuffle) {
        const auto rows = order.slice(0, begin, end);
        train_batch(data.x.index_select(0, rows), data.y.index_select(0, rows));
      } else {
        train_batch(data.x.slice(0, begin, end), data.y.slice(0, begin, end));
      }
    }
  }
}

}  // namespace

int main() {
  for (Cell cell; std::cin >> cell;) {
    at::set_num_threads(cell.threads);
    const auto data = make_data(cell);
    const bench::Stopwatch watch;
    train(cell, data);
    std::printf("%.9f %.9f\n", watch.wall(), watch.cpu());
    std::fflush(stdout);
  }
  return 0;
}
