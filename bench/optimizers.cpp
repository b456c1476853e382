// How long each optimizer's pass over flat memory takes, in nanoseconds a parameter, by number of parameters.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <limits>
#include <string>

#include "core/optim/optimizer.h"

namespace {

using namespace mlr3libtorch;

constexpr int kRepetitions = 5;
constexpr std::int64_t kUpdates = 20000000;  // of single parameters, in each repetition

double nanoseconds(optim::Optimizer& optimizer, std::int64_t parameters) {
  const auto steps = kUpdates / parameters;
  optimizer.step();  // allocates
  double best = std::numeric_limits<double>::infinity();
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    const auto start = std::clock();
    for (std::int64_t step = 0; step < steps; ++step) optimizer.step();
    const auto seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    best = std::min(best, 1e9 * seconds / static_cast<double>(steps * parameters));
  }
  return best;
}

value::NamedValues settings_of(const std::string& name) {
  value::NamedValues settings{{"lr", 0.001}};
  if (name == "sgd") settings["momentum"] = 0.9;
  return settings;
}

}  // namespace

int main() {
  at::set_num_threads(1);
  std::printf("optimizer  dtype    parameters  ns a parameter\n");
  for (const auto& name : optim::update_rules().names()) {
    for (const auto type : {at::kFloat, at::kDouble}) {
      for (const std::int64_t parameters : {20000, 100000, 1500000}) {
        value::FlatMemory memory{at::randn({parameters}, type), at::randn({parameters}, type), {{"w", 0, parameters}}};
        optim::Optimizer optimizer(name, settings_of(name), memory);
        std::printf("%-10s %-8s %10ld  %.2f\n", name.c_str(), type == at::kFloat ? "float32" : "float64",
                    static_cast<long>(parameters), nanoseconds(optimizer, parameters));
      }
    }
  }
  return 0;
}
