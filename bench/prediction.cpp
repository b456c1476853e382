// Predicting 1,000,000 x 20 rows with a 20-128-128-2 network on one thread, compared with the same matrix products
// called directly, without biases and activations, on the same blocks of rows. In turn; medians of seven.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cell.h"
#include "core/network/network.h"
#include "core/train/predict.h"
#include "core/train/generator.h"
#include "core/train/run.h"
#include "gemm.h"

namespace {

using namespace mlr3libtorch;

constexpr std::int64_t kInputs = 20;
constexpr std::int64_t kHidden = 128;
constexpr std::int64_t kOutputs = 2;

network::Network make_network(const at::Tensor& x) {
  network::Spec spec;
  spec.inputs = {"x"};
  spec.nodes = {{"linear1", "linear", {{"out_features", kHidden}}, {"x"}},
                {"relu1", "relu", {}, {"linear1"}},
                {"linear2", "linear", {{"out_features", kHidden}}, {"relu1"}},
                {"relu2", "relu", {}, {"linear2"}},
                {"head", "linear", {{"out_features", kOutputs}}, {"relu2"}}};
  return {spec, {x.narrow(0, 0, 2)}, train::make_generator(1)};
}

/// The products alone: each block of rows through three of them, in buffers that are there already.
class Products {
 public:
  explicit Products(std::int64_t block)
      : hidden1_(at::empty({block, kHidden})), hidden2_(at::empty({block, kHidden})) {}

  void run(const at::Tensor& x, const at::Tensor& y_hat) const {
    const auto block = hidden1_.size(0);
    for (std::int64_t begin = 0; begin < x.size(0); begin += block) {
      const auto length = std::min(block, x.size(0) - begin);
      const auto hidden1 = hidden1_.narrow(0, 0, length);
      const auto hidden2 = hidden2_.narrow(0, 0, length);
      bench::gemm(x.narrow(0, begin, length), weight1_.t(), hidden1);
      bench::gemm(hidden1, weight2_.t(), hidden2);
      bench::gemm(hidden2, weight3_.t(), y_hat.narrow(0, begin, length));
    }
  }

 private:
  at::Tensor hidden1_, hidden2_;
  at::Tensor weight1_ = at::randn({kHidden, kInputs});
  at::Tensor weight2_ = at::randn({kHidden, kHidden});
  at::Tensor weight3_ = at::randn({kOutputs, kHidden});
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

void compare(const network::Network& network, const at::Tensor& x, std::int64_t block) {
  const Products products(block);
  const auto y_hat = at::empty({x.size(0), kOutputs});
  std::vector<double> of_products, of_package;
  base::Interrupt never;
  for (int repetition = 0; repetition < 7; ++repetition) {
    const bench::Stopwatch products_watch;
    products.run(x, y_hat);
    of_products.push_back(products_watch.wall());
    const bench::Stopwatch package_watch;
    train::predict(network, {x}, block, never);
    of_package.push_back(package_watch.wall());
  }
  std::printf("| %ld | %.3f | %.3f | %.2f |\n", static_cast<long>(block), median(of_package), median(of_products),
              median(of_products) / median(of_package));
  std::fflush(stdout);
}

}  // namespace

/// Takes the number of rows (default 1,000,000).
int main(int argc, char** argv) {
  const at::NoGradGuard no_gradients;
  at::set_num_threads(1);
  const auto x = at::randn({argc > 1 ? std::atol(argv[1]) : 1000000, kInputs});
  const auto network = make_network(x);
  std::printf("| rows a block | mlr3libtorch, s | products alone, s | speed of the products reached |\n");
  std::printf("| --- | --- | --- | --- |\n");
  for (const std::int64_t block : {32, 256, 1024, 4096, 16384}) compare(network, x, block);
  return 0;
}
