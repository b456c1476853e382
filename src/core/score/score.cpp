#include "core/score/score.h"

#include <string>

namespace mlr3libtorch::score {

ScoreRegistry& scores() {
  static ScoreRegistry registry("score");
  return registry;
}

ScoreRegistration::ScoreRegistration(const char* name, value::Description description, Formula formula, Needs needs) {
  scores().add(std::string(name) + "() -> ()", std::move(description),
               [formula, needs](const value::Arguments&) { return std::make_unique<FormulaScore>(formula, needs); });
}

}  // namespace mlr3libtorch::score
