#pragma once

#include <ATen/core/Tensor.h>

#include "core/network/operation.h"

namespace mlr3libtorch::network {

/// Refuses numbers of classes that the column does not have. classes: [rows, columns] int64; counts: [columns].
/// `column`: what a column is called in the message.
/// While a GPU trains, nobody waits for the answer: there, LibTorch stops all further work, as for a class number
/// beyond a table that all columns share.
void check_known(const at::Tensor& classes, const at::Tensor& counts, const char* column, const ForwardMode& mode);

}  // namespace mlr3libtorch::network
