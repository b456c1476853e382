#pragma once

#include "core/callback/context.h"

namespace mlr3libtorch::callback {

/// Computes the running averages of batch normalisation again, for weights that no training batch has seen: one pass
/// over the training rows, in which all batches have the same weight, as PyTorch's `update_bn` does.
/// The same weights give the same bits whenever it is called, and the course of training does not depend on it.
/// Does nothing for a network without such averages.
void measure_batch_statistics(Context& context);

}  // namespace mlr3libtorch::callback
