#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/optim/optimizer.h"
#include "core/value/arguments.h"

namespace mlr3libtorch::optim {

inline bool always(const value::Arguments&) { return true; }

/// A number that a rule remembers for every parameter, such as a running mean of its gradients.
struct Statistic {
  std::string name;
  /// Whether a group with these settings needs it; what nobody needs is never allocated.
  bool (*used)(const value::Arguments& settings) = always;
  double (*initial)(const value::Arguments& settings) = [](const value::Arguments&) { return 0.0; };
};

/// How many statistics a rule may have.
inline constexpr std::size_t kMostStatistics = 4;

/// Consecutive parameters that share settings and step count: arrays of `length` elements.
/// `statistics` are in the order of `UpdateRule::statistics()`; null where the settings do not use one.
template <class Real>
struct ElementSlice {
  using Number = Real;

  Real* values;
  const Real* gradients;
  std::array<Real*, kMostStatistics> statistics;
  std::int64_t length;
  std::int64_t step;  // this update included: 1 in the first
};

/// The same as tensors, for devices and dtypes without a loop of our own. Undefined where a statistic is not used.
struct TensorSlice {
  using Number = double;

  at::Tensor values;
  at::Tensor gradients;
  std::vector<at::Tensor> statistics;
  std::int64_t step;
};

/// How parameters are updated from gradients. Holds no state: that is the optimizer's.
class UpdateRule {
 public:
  virtual ~UpdateRule() = default;
  virtual const std::vector<Statistic>& statistics() const = 0;
  /// Refuses settings that are valid one by one but make no sense together.
  virtual void check(const value::Arguments& /*settings*/) const {}
  virtual void update(const value::Arguments& settings, const ElementSlice<float>& slice) const = 0;
  virtual void update(const value::Arguments& settings, const ElementSlice<double>& slice) const = 0;
  virtual void update(const value::Arguments& settings, const TensorSlice& slice) const = 0;
};

/// Registers `Rule` under the name in `schema`; defined as a static object in the file that implements the rule.
template <class Rule>
struct UpdateRuleRegistration {
  UpdateRuleRegistration(const char* schema, value::Description description) {
    update_rules().add(schema, std::move(description),
                       [](const value::Arguments&) -> std::unique_ptr<UpdateRule> { return std::make_unique<Rule>(); });
  }
};

}  // namespace mlr3libtorch::optim
