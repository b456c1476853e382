#include "callback/callbacks.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "core/base/error.h"
#include "core/callback/schedule.h"
#include "core/value/plain_state.h"

namespace mlr3libtorch::test_schedules {
namespace {

using namespace mlr3libtorch::test;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

/// A setting of the reference values, as the schema wants it.
c10::IValue parse_setting(const std::string& text) {
  if (text == "False") return false;
  if (text.find_first_not_of("0123456789") == std::string::npos) return static_cast<std::int64_t>(std::stoll(text));
  if (text.find_first_not_of("0123456789.") == std::string::npos) return std::stod(text);
  return text;
}

value::NamedValues parse_settings(const std::string& text) {
  value::NamedValues settings;
  for (const auto& setting : split(text, ';')) {
    const auto parts = split(setting, '=');
    settings[parts.at(0)] = parse_setting(parts.at(1));
  }
  return settings;
}

c10::IValue part(const std::string& name, const std::string& settings) {
  auto arguments = value::make_dictionary();
  for (const auto& [argument, setting] : parse_settings(settings)) arguments.insert(argument, setting);
  auto described = value::make_dictionary();
  described.insert("name", name);
  described.insert("arguments", arguments);
  return described;
}

/// The sequence of reference/schedule_values.py.
value::NamedValues sequence(std::vector<std::int64_t> milestones = {8, 20}) {
  auto parts = value::make_list();
  parts.push_back(part("lr_warmup", "total_iters=8;start_factor=0.1"));
  parts.push_back(part("lr_cosine_annealing", "T_max=12"));
  parts.push_back(part("lr_step", "step_size=4;gamma=0.5"));
  return {{"schedules", parts}, {"milestones", c10::List<std::int64_t>(milestones)}};
}

/// What PyTorch's optimizer had in each step.
struct Case {
  std::string schedule, settings, optimizer;
  std::vector<double> rates, momenta;
};

std::vector<Case> read_cases() {
  std::ifstream file(REFERENCE_DIR "/schedule_values.csv");
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    const auto cells = split(line, ',');
    if (cells.at(3) == "0") cases.push_back({cells[0], cells[1], cells[2], {}, {}});
    cases.back().rates.push_back(std::stod(cells.at(4)));
    cases.back().momenta.push_back(std::stod(cells.at(5)));
  }
  return cases;
}

/// 40 batches in 10 epochs; an epoch is a step if `epochs`, else a batch is.
Setup forty_steps(const std::string& optimizer, bool by_epoch) {
  Setup setup;
  setup.rows = by_epoch ? 8 : 32;
  setup.options.epochs = by_epoch ? 40 : 10;
  setup.optimizer = {optimizer, {{"lr", 0.5}}};
  if (optimizer == "sgd") setup.optimizer.settings["momentum"] = 0.9;
  return setup;
}

double momentum_of(const value::Arguments& settings) {
  return settings.values().count("momentum") ? settings.get<double>("momentum")
                                             : settings.at("betas").toDoubleVector().front();
}

/// Rates and momenta in each batch of a run.
std::pair<std::vector<double>, std::vector<double>> observe(const Setup& setup, const std::string& name,
                                                            const value::NamedValues& settings) {
  std::vector<double> rates, momenta;
  auto callbacks = with_native(name, settings);
  add(callbacks, "observer", {Stage::kBatchBegin}, [&](Stage, Context& context) {
    rates.push_back(context.optimizer.groups().front().settings.get<double>("lr"));
    momenta.push_back(momentum_of(context.optimizer.groups().front().settings));
  });
  train_weights(setup, std::move(callbacks));
  return {rates, momenta};
}

void check_close(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(expected[i]).epsilon(1e-9).margin(1e-12));
}

TEST_CASE("half a wave of the cosine takes the whole run unless it is told otherwise", "[callback]") {
  for (const bool by_epoch : {false, true}) {
    const value::NamedValues count{{"step_on_epoch", by_epoch}};
    auto told = count;
    told["T_max"] = 40;
    const auto setup = forty_steps("sgd", by_epoch);
    check_close(observe(setup, "lr_cosine_annealing", count).first, observe(setup, "lr_cosine_annealing", told).first);
  }
}

TEST_CASE("each schedule follows PyTorch's, counting epochs or batches", "[callback]") {
  const auto cases = read_cases();
  REQUIRE(cases.size() == 21);
  for (const auto& expected : cases) {
    for (const bool by_epoch : {true, false}) {
      CAPTURE(expected.schedule, expected.settings, expected.optimizer, by_epoch);
      auto settings = expected.schedule == "lr_sequential" ? sequence() : parse_settings(expected.settings);
      settings["step_on_epoch"] = by_epoch;
      const auto [rates, momenta] = observe(forty_steps(expected.optimizer, by_epoch), expected.schedule, settings);
      check_close(rates, expected.rates);
      check_close(momenta, expected.momenta);
    }
  }
}

TEST_CASE("a schedule that starts later has the rates of the later steps", "[callback]") {
  const auto from_start = observe(forty_steps("sgd", true), "lr_step", {{"step_size", 3}}).first;
  const auto later = observe(forty_steps("sgd", true), "lr_step", {{"step_size", 3}, {"last_epoch", 4}}).first;
  for (std::size_t i = 0; i + 5 < from_start.size(); ++i) CHECK(later[i] == from_start[i + 5]);
}

TEST_CASE("each parameter group has the schedule of its own rate", "[callback]") {
  auto setup = forty_steps("sgd", true);
  setup.optimizer.groups = {{{"hidden.weight"}, {{"lr", 0.1}}}};
  std::vector<double> first, second;
  auto callbacks = with_native("lr_exponential", {{"gamma", 0.5}});
  add(callbacks, "observer", {Stage::kEpochBegin}, [&](Stage, Context& context) {
    first.push_back(context.optimizer.groups().at(0).settings.get<double>("lr"));
    second.push_back(context.optimizer.groups().at(1).settings.get<double>("lr"));
  });
  train_weights(setup, std::move(callbacks));
  CHECK(first[2] == Approx(0.025));
  CHECK(second[2] == Approx(0.125));
}

/// Gives as many rows in each epoch as it was told; the last number holds from then on.
class LengthSampler : public data::Sampler {
 public:
  explicit LengthSampler(std::vector<std::int64_t> lengths) : lengths_(std::move(lengths)) {}
  data::EpochOrder order(std::int64_t /*rows*/) override {
    const auto epoch = std::min(epoch_++, lengths_.size() - 1);
    return {at::zeros({lengths_[epoch]}, at::kLong)};
  }

 private:
  std::vector<std::int64_t> lengths_;
  std::size_t epoch_ = 0;
};

Setup sampled_setup(std::vector<std::int64_t> lengths) {
  Setup setup;
  setup.options.epochs = 5;
  setup.options.loader = {4, false, false, std::make_shared<LengthSampler>(std::move(lengths))};
  setup.optimizer = {"adam", {{"lr", 0.05}}};
  return setup;
}

TEST_CASE("a schedule counts the batches that a sampler makes, not those of the dataset", "[callback]") {
  const value::NamedValues settings{{"max_lr", 0.1}};
  const auto rates = observe(sampled_setup({8}), "lr_one_cycle", settings).first;
  const auto schedule =
      callback::schedules().make("lr_one_cycle", callback::schedules().bind("lr_one_cycle", settings));
  REQUIRE(rates.size() == 10);
  for (std::int64_t i = 0; i < 10; ++i) {
    CHECK(rates[static_cast<std::size_t>(i)] == Approx(schedule->rate({i, 10}, 0.05)));
  }
}

TEST_CASE("if each epoch has another number of batches, the last step is the schedule's last", "[callback]") {
  const auto rates = observe(sampled_setup({20, 4, 12, 40, 7}), "lr_one_cycle", {{"max_lr", 0.1}}).first;
  REQUIRE(rates.size() == 5 + 1 + 3 + 10 + 2);
  CHECK(rates.front() == Approx(0.1 / 25));
  CHECK(rates.back() == Approx(0.1 / 25 / 1e4));
}

TEST_CASE("a schedule ends with the run even if a callback has made the run longer", "[callback]") {
  for (const bool by_epoch : {true, false}) {
    Setup setup;
    setup.options.epochs = 4;
    std::vector<double> rates;
    auto callbacks =
        with_native("lr_one_cycle", {{"max_lr", 0.1}, {"step_on_epoch", by_epoch}, {"cycle_momentum", false}});
    add(callbacks, "longer", {Stage::kBatchBegin, Stage::kEpochEnd}, [&](Stage stage, Context& context) {
      if (stage == Stage::kEpochEnd) context.total_epochs = 6;
      rates.push_back(context.optimizer.groups().front().settings.get<double>("lr"));
    });
    train_weights(setup, std::move(callbacks));
    CHECK(*std::prev(rates.end(), 2) == Approx(0.1 / 25 / 1e4));
  }
}

TEST_CASE("a resumed schedule goes on where it was", "[callback]") {
  Setup setup;
  setup.options.epochs = 5;
  setup.optimizer = {"adam", {{"lr", 0.05}}};
  CHECK(resumes_exactly(setup, "lr_one_cycle", {{"max_lr", 0.1}}));
  CHECK(resumes_exactly(setup, "lr_step", {{"step_size", 1}}));
  CHECK(resumes_exactly(setup, "lr_sequential", sequence({1, 3})));
  // resumed with the sampler of the epochs that are left
  const value::NamedValues settings{{"max_lr", 0.1}};
  const std::vector<std::int64_t> lengths{20, 4, 12, 40, 7};
  const auto whole = train_weights(sampled_setup(lengths), with_native("lr_one_cycle", settings));
  const auto kept = keep_at(sampled_setup(lengths), 2, "lr_one_cycle", settings);
  CHECK(same_bytes(whole, resume(sampled_setup({12, 40, 7}), kept, "lr_one_cycle", settings)));
}

TEST_CASE("a state that is not a schedule's is refused", "[callback]") {
  const auto schedule = make_native("lr_step", {{"step_size", 1}});
  auto state = value::make_dictionary();
  CHECK_THROWS_AS(schedule->load_state(state), base::Error);
  state.insert("position", -1);
  state.insert("initial_rates", 0.1);
  CHECK_THROWS_WITH(schedule->load_state(state), "In a saved state, 'position' is not one number that is at least 0.");
  state.insert_or_assign("position", 1);
  CHECK_THROWS_WITH(schedule->load_state(state), Catch::Contains("'total'"));
  state.insert("total", 4);
  state.insert("epochs", 2);
  state.insert_or_assign("initial_rates", c10::List<double>({0.1, 0.2}));
  CHECK_THROWS_WITH(schedule->load_state(state), Catch::Contains("'rates'"));
  state.insert("rates", c10::List<double>({0.1, 0.2}));
  auto callbacks = with_native("lr_step", {{"step_size", 1}});
  callbacks.front()->load_state(state);
  CHECK_THROWS_WITH(train_weights(Setup(), std::move(callbacks)),
                    Catch::Contains("belongs to an optimizer with 2 parameter groups; this one has 1"));
}

TEST_CASE("momentum is not cycled if there is none", "[callback]") {
  const auto setup = forty_steps("adagrad", true);
  CHECK_THROWS_WITH(train_weights(setup, with_native("lr_one_cycle", {{"max_lr", 1}})),
                    Catch::Contains("set its argument 'cycle_momentum' to false"));
  CHECK_NOTHROW(train_weights(setup, with_native("lr_one_cycle", {{"max_lr", 0.1}, {"cycle_momentum", false}})));
}

TEST_CASE("a sequence has a milestone between each two schedules, in rising order", "[callback]") {
  CHECK_THROWS_WITH(make_native("lr_sequential", sequence({8})), Catch::Contains("3 schedules and 1 milestones"));
  CHECK_THROWS_WITH(make_native("lr_sequential", sequence({8, 8})), Catch::Contains("must rise"));
  auto unknown = sequence();
  auto parts = value::make_list();
  parts.push_back(part("lr_setp", "step_size=4"));
  unknown["schedules"] = parts;
  CHECK_THROWS_AS(make_native("lr_sequential", unknown), base::UnknownNameError);
}

}  // namespace
}  // namespace mlr3libtorch::test_schedules
