#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/base/interrupt.h"
#include "core/data/codes.h"
#include "core/data/dataset.h"
#include "core/kernel/precision.h"
#include "core/network/network.h"

namespace mlr3libtorch::train {

/// The network's first output for every row: [n, outputs], on the CPU. Batches of `batch_size` rows bound the memory; a
/// network that can be planned gets blocks of rows that fit into the processor's cache instead. An input in codes has
/// no tensor in `x`. `precision`: of the matrix products.
at::Tensor predict(const network::Network& network, const std::vector<at::Tensor>& x, std::int64_t batch_size,
                   base::Interrupt& interrupt, const std::vector<data::Codes>& codes = {},
                   kernel::Precision precision = kernel::Precision::kFloat32);

/// The same `draws` times with dropout, [draws, n, outputs], always in batches of `batch_size`; `generator` decides
/// what is dropped. Throws base::ConfigError for a network without dropout.
at::Tensor predict_draws(const network::Network& network, const std::vector<at::Tensor>& x, std::int64_t batch_size,
                         std::int64_t draws, const at::Generator& generator, base::Interrupt& interrupt,
                         const std::vector<data::Codes>& codes = {},
                         kernel::Precision precision = kernel::Precision::kFloat32);

/// Rows that a source reads, `workers` threads of the core ahead of the network; see `data::LoaderOptions`.
struct ReadRows {
  data::Dataset dataset;
  int workers = 0;
};

/// As above, with the same bits as if the rows lay in memory.
at::Tensor predict(const network::Network& network, const ReadRows& rows, std::int64_t batch_size,
                   base::Interrupt& interrupt, kernel::Precision precision = kernel::Precision::kFloat32);
at::Tensor predict_draws(const network::Network& network, const ReadRows& rows, std::int64_t batch_size,
                         std::int64_t draws, const at::Generator& generator, base::Interrupt& interrupt,
                         kernel::Precision precision = kernel::Precision::kFloat32);

}  // namespace mlr3libtorch::train
