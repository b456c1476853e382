#include <torch/torch.h>

#include <functional>

#include "core/base/error.h"
#include "core/optim/optimizer.h"
#include "core/value/plain_state.h"
#include "optim/memory.h"

#include <catch2/catch.hpp>

namespace mlr3libtorch::test_optimizer_state {
namespace {

using optim::Optimizer;
using Groups = std::vector<optim::GroupSpec>;
using test::make_memory;
using test::run_steps;

/// What a trip through R may leave of a value: whole numbers are doubles, lists of one element are single values, an
/// empty dictionary is an empty list.
c10::IValue through_r(const c10::IValue& value) {
  if (value.isInt()) return static_cast<double>(value.toInt());
  if (value.isIntList()) {
    c10::List<double> numbers;
    for (const auto number : value.toIntVector()) numbers.push_back(static_cast<double>(number));
    return through_r(numbers);
  }
  if (value.isGenericDict()) {
    const auto given = value.toGenericDict();
    if (given.empty()) return value::make_list();
    auto dictionary = value::make_dictionary();
    for (const auto& entry : given) dictionary.insert(entry.key(), through_r(entry.value()));
    return dictionary;
  }
  if (!value.isList()) return value;
  const auto elements = value::read_list(value);
  const bool is_vector = !elements.empty() && !elements.front().isGenericDict();
  if (is_vector) return elements.size() == 1 ? elements.front() : value;
  auto list = value::make_list();
  for (const auto& element : elements) list.push_back(through_r(element));
  return list;
}

c10::IValue changed(const c10::IValue& state, const std::function<void(value::Dictionary&)>& change) {
  auto copy = state.toGenericDict().copy();
  change(copy);
  return copy;
}

/// The message with which a state is refused.
std::string refusal(Optimizer& optimizer, const c10::IValue& state) {
  try {
    optimizer.load_state(state);
  } catch (const base::Error& error) {
    CHECK(error.kind() == "state");
    return error.what();
  }
  return "";
}

TEST_CASE("an optimizer goes on from a saved state with the same bits", "[optim]") {
  for (const auto& [name, settings] : test::full_settings()) {
    for (const auto type : {at::kFloat, at::kDouble}) {
      for (const bool by_r : {false, true}) {
        CAPTURE(name, by_r);
        auto memory = make_memory({12, 1}, type);
        Optimizer optimizer(name, settings, memory);
        memory.ranges[1].trainable = false;
        run_steps(optimizer, memory, 0, 3);
        memory.ranges[1].trainable = true;
        run_steps(optimizer, memory, 3, 10);
        optimizer.groups()[0].settings.set("lr", 0.123);
        const auto state = by_r ? through_r(optimizer.state()) : optimizer.state();
        auto resumed_memory = memory;
        resumed_memory.values = memory.values.clone();
        resumed_memory.gradients = memory.gradients.clone();
        run_steps(optimizer, memory, 10, 20);
        Optimizer resumed(name, settings, resumed_memory);
        resumed.load_state(state);
        run_steps(resumed, resumed_memory, 10, 20);
        CHECK(torch::equal(memory.values, resumed_memory.values));
        CHECK(resumed.groups()[0].settings.get<double>("lr") == 0.123);
      }
    }
  }
}

TEST_CASE("a state is a copy, in both directions", "[optim]") {
  auto memory = make_memory({4});
  Optimizer optimizer("adam", {{"lr", 0.1}}, memory);
  optimizer.step();
  const auto state = optimizer.state();
  const auto mean = state.toGenericDict().at("statistics").toGenericDict().at("exp_avg").toTensor();
  const auto before = mean.clone();
  optimizer.load_state(state);
  optimizer.step();
  CHECK(torch::equal(mean, before));
}

TEST_CASE("the state of something else is refused and changes nothing", "[optim]") {
  auto memory = make_memory({4, 2});
  Optimizer optimizer("adam", {{"lr", 0.1}}, memory);
  optimizer.step();
  const auto good = optimizer.state();
  const auto with = [&](const std::string& field, const c10::IValue& value) {
    return changed(good, [&](auto& state) { state.insert_or_assign(field, value); });
  };

  auto other_shape = make_memory({4, 3});
  auto fewer = make_memory({4});
  auto single = make_memory({4, 2}, at::kFloat);
  Optimizer other_rule("adamw", value::NamedValues{}, memory);
  Optimizer grouped("adam", Groups{{{0}, {}}, {{1}, {}}}, memory);
  CHECK(refusal(optimizer, other_rule.state()) ==
        "This optimizer state cannot be loaded: it belongs to 'adamw', not to 'adam'.");
  CHECK(refusal(optimizer, Optimizer("adam", value::NamedValues{}, other_shape).state()) ==
        "This optimizer state cannot be loaded: its parameter 'b' has 3 elements, the network has 'b' with 2 in that "
        "place.");
  CHECK(refusal(optimizer, Optimizer("adam", value::NamedValues{}, fewer).state()) ==
        "This optimizer state cannot be loaded: it has 1 parameters, the network has 2.");
  CHECK_THAT(refusal(optimizer, Optimizer("adam", value::NamedValues{}, single).state()),
             Catch::Contains("'exp_avg' has another shape or dtype"));
  CHECK_THAT(refusal(optimizer, grouped.state()), Catch::Contains("it has 2 parameter groups, not 1"));
  CHECK_THAT(refusal(grouped, Optimizer("adam", Groups{{{1}, {}}, {{0}, {}}}, memory).state()),
             Catch::Contains("its parameter group 1 holds other parameters"));
  CHECK_THAT(refusal(optimizer, with("statistics", value::make_dictionary())), Catch::Contains("it lacks 'exp_avg'"));
  CHECK_THAT(refusal(optimizer, with("steps", c10::List<std::int64_t>({1, -1}))), Catch::Contains("negative"));
  CHECK_THAT(refusal(optimizer, with("steps", c10::List<std::int64_t>({1}))), Catch::Contains("step counts"));
  CHECK_THAT(refusal(optimizer, with("steps", 0.5)), Catch::Contains("'steps' is not a whole number"));
  CHECK_THAT(refusal(optimizer, with("name", 1)), Catch::Contains("'name' is not a character vector"));
  CHECK_THAT(refusal(optimizer, with("groups", 1)), Catch::Contains("a parameter group is not a named list"));
  CHECK_THAT(refusal(optimizer, changed(good, [](auto& state) { CHECK(state.erase("steps") == 1); })),
             Catch::Contains("has no field 'steps'"));
  CHECK_THAT(refusal(optimizer, c10::IValue()), Catch::Contains("is not a named list"));
  CHECK(refusal(optimizer, good).empty());
}

TEST_CASE("a setting in a state is checked like any other", "[optim]") {
  auto memory = make_memory({4});
  Optimizer optimizer("adam", value::NamedValues{}, memory);
  const auto state = optimizer.state();
  state.toGenericDict()
      .at("groups")
      .toList()
      .get(0)
      .toGenericDict()
      .at("settings")
      .toGenericDict()
      .insert_or_assign("lr", -1.0);
  CHECK_THROWS_WITH(optimizer.load_state(state), "Argument 'lr' of optimizer 'adam' must be at least 0, not -1.");
  CHECK(optimizer.groups()[0].settings.get<double>("lr") == 0.001);
}

}  // namespace
}  // namespace mlr3libtorch::test_optimizer_state
