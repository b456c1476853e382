// What this machine can do at most. Cells come in from standard input (see bench/measure.R); the answer is
// * the seconds of one step's matrix products, called directly into memory that is there already, and
// * the bytes a second of a pass over as much memory as the parameters take, reading four arrays and writing three as
//   Adam does.
// A line `peak` is answered with the floating point operations a second of a large product and the bytes a second of a
// pass over 256 MB.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include "cell.h"
#include "gemm.h"

namespace {

using bench::Cell;

/// Seconds of one call: the fastest of nine rounds of at least a hundredth of a second, because a limit is looked for.
double time_call(const std::function<void()>& call) {
  constexpr double kRound = 0.01;
  std::int64_t calls = 1;
  double best = 0;
  for (int round = 0; round < 9;) {
    const bench::Stopwatch watch;
    for (std::int64_t i = 0; i < calls; ++i) call();
    const auto seconds = watch.wall();
    if (seconds < kRound) {
      calls *= 2;
      continue;
    }
    const auto mean = seconds / static_cast<double>(calls);
    best = round == 0 ? mean : std::min(best, mean);
    ++round;
  }
  return best;
}

/// The products of one layer in one step.
struct Layer {
  Layer(std::int64_t batch, std::int64_t inputs, std::int64_t outputs, bool is_first)
      : x(at::randn({batch, inputs})),
        weight(at::randn({outputs, inputs})),
        y(at::randn({batch, outputs})),
        weight_gradient(at::empty({outputs, inputs})),
        x_gradient(is_first ? at::Tensor() : at::empty({batch, inputs})) {}

  void forward() const { bench::gemm(x, weight.t(), y); }
  void backward() const {
    bench::gemm(y.t(), x, weight_gradient);
    if (x_gradient.defined()) bench::gemm(y, weight, x_gradient);
  }

  at::Tensor x, weight, y, weight_gradient, x_gradient;
};

double time_products(const Cell& cell) {
  const auto sizes = cell.sizes();
  std::vector<Layer> layers;
  for (std::size_t i = 1; i < sizes.size(); ++i) layers.emplace_back(cell.batch, sizes[i - 1], sizes[i], i == 1);
  return time_call([&] {
    for (const auto& layer : layers) layer.forward();
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) layer->backward();
  });
}

/// Bytes a second of a pass that reads four arrays of `n` numbers and writes three of them.
double memory_rate(std::int64_t n) {
  std::vector<float> w(n, 1.0F), g(n, 1.0F), m(n, 0.0F), v(n, 0.0F);
  const auto pass = [&] {
    float* const pw = w.data();
    const float* const pg = g.data();
    float* const pm = m.data();
    float* const pv = v.data();
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) {
      pm[i] = 0.9F * pm[i] + 0.1F * pg[i];
      pv[i] = 0.9F * pv[i] + pg[i];
      pw[i] -= 1e-4F * pm[i] * pv[i];
    }
  };
  return 7.0 * sizeof(float) * static_cast<double>(n) / time_call(pass);
}

std::int64_t parameters(const Cell& cell) {
  const auto sizes = cell.sizes();
  std::int64_t sum = 0;
  for (std::size_t i = 1; i < sizes.size(); ++i) sum += (sizes[i - 1] + 1) * sizes[i];
  return sum;
}

double peak_product_rate() {
  constexpr std::int64_t kSize = 1024;
  const auto a = at::randn({kSize, kSize});
  const auto b = at::randn({kSize, kSize});
  const auto out = at::empty({kSize, kSize});
  return 2.0 * kSize * kSize * kSize / time_call([&] { bench::gemm(a, b, out); });
}

}  // namespace

int main() {
  const at::NoGradGuard no_gradients;
  at::set_num_threads(1);
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "peak") {
      std::printf("%.6g %.6g\n", peak_product_rate(), memory_rate((std::int64_t{256} << 20) / 16));
    } else {
      Cell cell;
      std::istringstream(line) >> cell;
      std::printf("%.9g %.6g\n", time_products(cell), memory_rate(parameters(cell)));
    }
    std::fflush(stdout);
  }
  return 0;
}
