#pragma once

#include <string>
#include <vector>

#include "core/value/arguments.h"

namespace mlr3libtorch::image {

/// Numbers between these two are drawn.
struct Range {
  double low;
  double high;
};

/// Two numbers above 0, the smaller one first; a base::ConfigError for others.
Range positive_range(const value::Arguments& arguments, const std::string& name);

/// Two numbers, or one that stands for the range from -it to it; a base::ConfigError for others.
Range range_around_zero(const std::vector<double>& numbers, const std::string& name);

}  // namespace mlr3libtorch::image
