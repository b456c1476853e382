#pragma once

#include <memory>

#include "core/loss/loss.h"

namespace mlr3libtorch::loss {

/// The same loss for networks whose output is that of an ensemble, [n, members, outputs]: each member is compared with
/// the truth by itself, so that the mean over rows is the mean of the members' losses. Other outputs go through as
/// they are.
std::unique_ptr<Loss> by_members(std::unique_ptr<Loss> loss);

}  // namespace mlr3libtorch::loss
