#include "core/train/predict.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/base/error.h"
#include "core/data/loader.h"
#include "core/network/autocast.h"
#include "core/plan/predictor.h"
#include "core/train/environment.h"

namespace mlr3libtorch::train {

namespace {

/// None for few rows, or if only one thread is asked for.
std::unique_ptr<kernel::ThreadPool> pool_for(const plan::Predictor& predictor, std::int64_t rows) {
  const int asked = useful_threads(threads().own);
  return asked > 1 && predictor.is_worth_threads(rows) ? std::make_unique<kernel::ThreadPool>(asked) : nullptr;
}

at::Tensor predict_planned(plan::Predictor& predictor, const network::Network& network,
                           const std::vector<at::Tensor>& x, const std::vector<data::Codes>& codes,
                           base::Interrupt& interrupt) {
  const auto rows = data::input_rows(x, codes);
  std::vector<at::Tensor> outputs;
  for (const auto output : network.outputs()) {
    auto sizes = network.shapes()[output].sizes;
    sizes.insert(sizes.begin(), rows);
    outputs.push_back(at::empty(sizes, at::kFloat));
  }
  predictor.predict(x, 0, rows, outputs, interrupt, codes);
  return outputs.front();
}

at::Tensor predict_in_batches(const network::Network& network, const std::vector<at::Tensor>& x,
                              const std::vector<data::Codes>& codes, std::int64_t batch_size,
                              const network::ForwardMode& mode, base::Interrupt& interrupt) {
  const auto rows = data::input_rows(x, codes);
  at::Tensor y_hat;
  std::int64_t begin = 0;
  // At least once: no rows give an output without rows.
  do {
    interrupt.check();
    const auto length = std::min(batch_size, rows - begin);
    std::vector<at::Tensor> batch;
    // Copies for several draws: a user's code in the network may write to its input.
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto some = data::rows_of_input(x, codes, i, begin, length);
      batch.push_back(some.to(network.device(), some.scalar_type(), false, mode.monte_carlo));
    }
    const auto output = network.forward(batch, mode).front();
    if (!y_hat.defined()) {
      auto sizes = output.sizes().vec();
      sizes[0] = rows;
      y_hat = at::empty(sizes, output.options().device(at::kCPU));
    }
    y_hat.narrow(0, begin, length).copy_(output);
    begin += batch_size;
  } while (begin < rows);
  return y_hat;
}

void check_has_dropout(const network::Network& network) {
  if (network.has_dropout()) return;
  throw base::ConfigError(
      "The network has no dropout, so all draws of 'mc_dropout' would be the same; train one with dropout, or leave "
      "'mc_dropout' out.",
      {{"argument", "mc_dropout"}});
}

/// Of all inputs of one row.
std::int64_t row_bytes(const data::Dataset& dataset) {
  const auto example = dataset.example();
  std::size_t bytes = 1;
  for (std::size_t i = 0; i < example.x.size(); ++i) {
    bytes += data::in_codes(example.codes, i) ? example.codes[i].values.nbytes() : example.x[i].nbytes();
  }
  return static_cast<std::int64_t>(bytes) / std::max<std::int64_t>(example.rows(), 1);
}

/// As many whole batches as fit into this are read at once, since a network that can be planned likes many rows.
constexpr std::int64_t kReadBytes = std::int64_t{1} << 22;

std::int64_t rows_at_once(const data::Dataset& dataset, std::int64_t batch_size) {
  const auto batches = kReadBytes / (std::max<std::int64_t>(row_bytes(dataset), 1) * batch_size);
  return std::max<std::int64_t>(batches, 1) * batch_size;
}

/// Reads all rows of a dataset in their order, and joins what `predict` gives for some of them.
class RowsInOrder {
 public:
  RowsInOrder(const ReadRows& rows, std::int64_t batch_size) : loader_(rows.dataset, options(rows, batch_size)) {}

  template <class Predict>
  at::Tensor outputs(const Predict& predict, base::Interrupt& interrupt) {
    loader_.begin_epoch();
    at::Tensor y_hat;
    std::int64_t done = 0;
    while (loader_.next(batch_, interrupt)) {
      const auto output = predict(batch_);
      if (!y_hat.defined()) {
        auto sizes = output.sizes().vec();
        sizes[0] = loader_.rows();
        y_hat = at::empty(sizes, output.options());
      }
      y_hat.narrow(0, done, batch_.rows()).copy_(output);
      done += batch_.rows();
    }
    return y_hat;
  }

 private:
  static data::LoaderOptions options(const ReadRows& rows, std::int64_t batch_size) {
    data::LoaderOptions options{rows_at_once(rows.dataset, batch_size)};
    options.workers = rows.workers;
    return options;
  }

  data::Loader loader_;
  data::Batch batch_;
};

}  // namespace

at::Tensor predict(const network::Network& network, const std::vector<at::Tensor>& x, std::int64_t batch_size,
                   base::Interrupt& interrupt, const std::vector<data::Codes>& codes, kernel::Precision precision) {
  network::check_precision(precision, network.device());
  const at::NoGradGuard no_gradients;
  const auto predictor = plan::Predictor::make(network, precision);
  if (predictor != nullptr && predictor->fits(x, codes)) {
    const auto pool = pool_for(*predictor, data::input_rows(x, codes));
    const kernel::PoolScope scope(pool.get());
    return predict_planned(*predictor, network, x, codes, interrupt);
  }
  return predict_in_batches(network, x, codes, batch_size, {false, {}, false, precision}, interrupt);
}

at::Tensor predict_draws(const network::Network& network, const std::vector<at::Tensor>& x, std::int64_t batch_size,
                         std::int64_t draws, const at::Generator& generator, base::Interrupt& interrupt,
                         const std::vector<data::Codes>& codes, kernel::Precision precision) {
  check_has_dropout(network);
  network::check_precision(precision, network.device());
  const at::NoGradGuard no_gradients;
  const network::ForwardMode mode{false, generator, true, precision};
  std::vector<at::Tensor> outputs;
  for (std::int64_t draw = 0; draw < draws; ++draw) {
    outputs.push_back(predict_in_batches(network, x, codes, batch_size, mode, interrupt));
  }
  return at::stack(outputs);
}

at::Tensor predict(const network::Network& network, const ReadRows& rows, std::int64_t batch_size,
                   base::Interrupt& interrupt, kernel::Precision precision) {
  const at::NoGradGuard no_gradients;
  const auto predict_some = [&](const data::Batch& batch) {
    return predict(network, batch.x, batch_size, interrupt, batch.codes, precision);
  };
  return RowsInOrder(rows, batch_size).outputs(predict_some, interrupt);
}

at::Tensor predict_draws(const network::Network& network, const ReadRows& rows, std::int64_t batch_size,
                         std::int64_t draws, const at::Generator& generator, base::Interrupt& interrupt,
                         kernel::Precision precision) {
  check_has_dropout(network);
  network::check_precision(precision, network.device());
  const at::NoGradGuard no_gradients;
  const network::ForwardMode mode{false, generator, true, precision};
  RowsInOrder in_order(rows, batch_size);
  const auto predict_some = [&](const data::Batch& batch) {
    return predict_in_batches(network, batch.x, batch.codes, batch_size, mode, interrupt);
  };
  std::vector<at::Tensor> outputs;
  for (std::int64_t draw = 0; draw < draws; ++draw) outputs.push_back(in_order.outputs(predict_some, interrupt));
  return at::stack(outputs);
}

}  // namespace mlr3libtorch::train
