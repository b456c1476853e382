#include "core/loss/loss.h"

#include <ATen/core/Reduction.h>

#include <cmath>

namespace mlr3libtorch::loss {

LossRegistry& losses() {
  static LossRegistry registry("loss");
  return registry;
}

std::int64_t reduction_code(const value::Arguments& arguments) {
  return arguments.get<std::string>("reduction") == "sum" ? at::Reduction::Sum : at::Reduction::Mean;
}

value::ArgumentDescription reduction_description() {
  return {"reduction", "How the losses of a batch become one number.", -HUGE_VAL, HUGE_VAL, {"mean", "sum"}};
}

}  // namespace mlr3libtorch::loss
