#include "core/train/predict.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace mlr3libtorch::train {

at::Tensor predict(const network::Network& network, const std::vector<at::Tensor>& x, std::int64_t batch_size,
                   base::Interrupt& interrupt) {
  const at::NoGradGuard no_gradients;
  const auto rows = x.front().size(0);
  at::Tensor y_hat;
  std::int64_t begin = 0;
  // At least once: no rows give an output of no rows.
  do {
    interrupt.check();
    const auto length = std::min(batch_size, rows - begin);
    std::vector<at::Tensor> batch;
    for (const auto& tensor : x) batch.push_back(tensor.narrow(0, begin, length).to(network.device()));
    const auto output = network.forward(batch, {}).front();
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

}  // namespace mlr3libtorch::train
