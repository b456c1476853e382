#pragma once

#include "core/callback/context.h"

namespace mlr3libtorch::callback {

/// Takes the running averages of batch normalisation anew, for weights that no training batch has seen: one pass over
/// the training rows, all of whose batches weigh the same, as PyTorch's `update_bn` does.
/// The same weights give the same bits whenever it is called, and the training's course does not depend on it.
/// Does nothing for a network without such averages.
void measure_batch_statistics(Context& context);

}  // namespace mlr3libtorch::callback
