#include "core/network/operations/weights.h"

#include <unistd.h>

#include <functional>
#include <numeric>

namespace mlr3libtorch::network {
namespace {

double physical_memory() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
}

}  // namespace

void check_weight_size(at::IntArrayRef sizes) {
  constexpr double kBytes = 2 * sizeof(float);
  constexpr double kGigabyte = 1e9;
  const double numbers = std::accumulate(sizes.begin(), sizes.end(), 1.0, std::multiplies<>());
  TORCH_CHECK(kBytes * numbers <= physical_memory(), "a weight of shape ", sizes, " takes ",
              kBytes * numbers / kGigabyte, " GB with its gradient, more than the ", physical_memory() / kGigabyte,
              " GB of this machine; make the layer smaller.");
}

}  // namespace mlr3libtorch::network
