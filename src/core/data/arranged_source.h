#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/data/source.h"

namespace mlr3libtorch::data {

/// A source whose inputs come in another order: input i is input `positions[i]`, each from 0 to `inputs` - 1, of
/// `source`, which reads so many. Inputs that are not named are read and dropped. The source itself if nothing changes.
std::shared_ptr<Source> arranged_source(std::shared_ptr<Source> source, std::vector<std::size_t> positions,
                                        std::size_t inputs);

}  // namespace mlr3libtorch::data
