#include <algorithm>
#include <string>
#include <vector>

#include "core/callback/schedule.h"
#include "glue/convert.h"
#include "glue/guard.h"
#include "glue/optimizer_handle.h"
#include "glue/run_handle.h"
#include "glue/tensor_handle.h"

namespace mlr3libtorch::glue {

template <>
struct HandleName<callback::Schedule> {
  static constexpr const char* kTag = "mlr3libtorch_schedule";
  static constexpr const char* kWhat = "schedule";
  static constexpr const char* kRClass = "torch_schedule_handle";
  static constexpr const char* kEnded = "This schedule is gone.";
};

namespace {

using ScheduleHandle = Handle<callback::Schedule>;

value::NamedValues to_settings(const std::string& optimizer, SEXP settings) {
  const auto& schema = optim::update_rules().at(optimizer).schema;
  return to_named_values(to_list(settings, "settings"), schema, "optimizer '" + optimizer + "'");
}

/// list(params = <named list of tensors>, settings = <named list>)
optim::TensorGroup to_tensor_group(const std::string& optimizer, SEXP value) {
  const auto list = to_list(value, "parameter group");
  const auto params = to_list(list_element(list, "params", "parameter group"), "params");
  optim::TensorGroup group{{}, to_settings(optimizer, list_element(list, "settings", "parameter group"))};
  if (params.size() == 0) return group;
  const auto names = to_strings(Rf_getAttrib(params, R_NamesSymbol), "names of params");
  for (R_xlen_t i = 0; i < params.size(); ++i) {
    group.parameters.emplace_back(names.at(static_cast<std::size_t>(i)), unwrap_tensor(params[i]));
  }
  return group;
}

Rcpp::List group_to_r(const optim::OptimizedTensors& optimized, const optim::ParameterGroup& group) {
  network::NamedTensors tensors;
  for (const auto range : group.ranges) {
    tensors.emplace_back(optimized.memory.ranges[range].name, optimized.tensors[range]);
  }
  Rcpp::List list;
  list["params"] = named_tensors_to_r(tensors);
  for (const auto& [name, value] : group.settings.values()) list[name] = to_r(value);
  return list;
}

optim::ParameterGroup& group_at(const optim::OptimizedTensors& optimized, SEXP index) {
  auto& groups = optimized.optimizer.groups();
  const auto position = to_int_from(index, "group", 1, static_cast<std::int64_t>(groups.size()));
  return groups[static_cast<std::size_t>(position - 1)];
}

}  // namespace
}  // namespace mlr3libtorch::glue

using namespace mlr3libtorch;
using namespace mlr3libtorch::glue;

/// An optimizer over tensors. `groups`: each is list(params = <named list of tensors>, settings = <named list>).
// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_create(SEXP name, SEXP groups) {
  return guard([&] {
    const auto optimizer = to_string(name, "name");
    std::vector<optim::TensorGroup> specs;
    for (const SEXP group : to_list(groups, "groups")) specs.push_back(to_tensor_group(optimizer, group));
    return OptimizerHandle::make(std::make_shared<optim::TensorOptimizer>(optimizer, specs));
  });
}

/// The name of its rule.
// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_name(SEXP optimizer) {
  return guard([&]() -> SEXP { return Rcpp::wrap(optimized_by(optimizer).optimizer.name()); });
}

/// Of each group its settings and `params`, a named list of tensors.
// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_groups(SEXP optimizer) {
  return guard([&]() -> SEXP {
    const auto optimized = optimized_by(optimizer);
    Rcpp::List groups;
    for (const auto& group : optimized.optimizer.groups()) groups.push_back(group_to_r(optimized, group));
    return groups;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_set(SEXP optimizer, SEXP group, SEXP settings) {
  return guard([&] {
    const auto optimized = optimized_by(optimizer);
    auto& target = group_at(optimized, group);
    for (const auto& [setting, value] : to_settings(optimized.optimizer.name(), settings)) {
      target.settings.set(setting, value);
    }
    return R_NilValue;
  });
}

/// Whether these are the tensors of a group, in their order.
// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_has(SEXP optimizer, SEXP group, SEXP params) {
  return guard([&] {
    const auto optimized = optimized_by(optimizer);
    const auto& ranges = group_at(optimized, group).ranges;
    const auto given = to_list(params, "params");
    bool same = static_cast<std::size_t>(given.size()) == ranges.size();
    for (std::size_t i = 0; same && i < ranges.size(); ++i) {
      const SEXP tensor = given[static_cast<R_xlen_t>(i)];
      same = is_tensor_handle(tensor) && unwrap_tensor(tensor).is_same(optimized.tensors[ranges[i]]);
    }
    return Rf_ScalarLogical(same);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_step(SEXP optimizer) {
  return guard([&] {
    if (is_tensor_optimizer(optimizer)) {
      OptimizerHandle::get(optimizer).step();
    } else {
      RunHandle::get(optimizer).step_now();
    }
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_zero_grad(SEXP optimizer, SEXP set_to_none) {
  return guard([&] {
    optim::zero_gradients(optimized_by(optimizer).tensors, to_bool(set_to_none, "set_to_none"));
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_state(SEXP optimizer) {
  return guard([&] { return to_r(optim::state_by_parameter(optimized_by(optimizer))); });
}

// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_load_state(SEXP optimizer, SEXP state) {
  return guard([&] {
    optim::load_state_by_parameter(optimized_by(optimizer), from_plain_r(state, "state of an optimizer"));
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP core_optimizer_add_group(SEXP optimizer, SEXP group) {
  return guard([&] {
    auto& held = OptimizerHandle::get(optimizer);
    held.add_group(to_tensor_group(held.optimizer().name(), group));
    return R_NilValue;
  });
}

/// A learning rate schedule of the registry.
// [[Rcpp::export(rng = false)]]
SEXP core_schedule_create(SEXP name, SEXP arguments) {
  return guard([&] {
    const auto key = to_string(name, "name");
    const auto& registry = callback::schedules();
    const auto values =
        to_named_values(to_list(arguments, "arguments"), registry.at(key).schema, "schedule '" + key + "'");
    return ScheduleHandle::make(registry.make(key, registry.bind(key, values)));
  });
}

/// list(lr, momentum) after `index` of `total` steps, for the rates before them; `momentum` is NULL if it stays.
// [[Rcpp::export(rng = false)]]
SEXP core_schedule_at(SEXP schedule, SEXP index, SEXP total, SEXP initial) {
  return guard([&]() -> SEXP {
    const auto& formula = ScheduleHandle::get(schedule);
    const callback::Position position{to_int(index, "index"), to_int(total, "total")};
    if (TYPEOF(initial) != REALSXP) refuse_value("initial", "numbers", initial);
    const Rcpp::NumericVector rates(initial);
    Rcpp::NumericVector values(rates.size());
    std::transform(rates.begin(), rates.end(), values.begin(),
                   [&](double rate) { return formula.rate(position, rate); });
    const auto momentum = formula.momentum(position);
    return Rcpp::List::create(Rcpp::Named("lr") = values,
                              Rcpp::Named("momentum") = momentum ? Rcpp::wrap(*momentum) : R_NilValue);
  });
}
