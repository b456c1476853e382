#include "core/image/range_argument.h"

#include "core/base/error.h"

namespace mlr3libtorch::image {

Range positive_range(const value::Arguments& arguments, const std::string& name) {
  const auto numbers = arguments.get<std::vector<double>>(name);
  if (numbers[0] > 0 && numbers[0] <= numbers[1]) return {numbers[0], numbers[1]};
  throw base::ConfigError("'" + name + "' must be two numbers above 0, the smaller one first.", {{"argument", name}});
}

Range range_around_zero(const std::vector<double>& numbers, const std::string& name) {
  if (numbers.size() == 1 && numbers[0] >= 0) return {-numbers[0], numbers[0]};
  if (numbers.size() == 2 && numbers[0] <= numbers[1]) return {numbers[0], numbers[1]};
  throw base::ConfigError("'" + name + "' must be one number of at least 0, or two, the smaller one first.",
                          {{"argument", name}});
}

}  // namespace mlr3libtorch::image
