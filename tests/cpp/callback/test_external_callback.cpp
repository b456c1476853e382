#include <mlr3libtorch/class.h>

#include <cmath>

#include "callback/callbacks.h"
#include "core/base/error.h"
#include "core/callback/external/class.h"
#include "core/callback/external/context_access.h"
#include "plan/coded_inputs.h"

// The classes are written as a user would, against the public header.
namespace mlr3libtorch::test_external_callback {
namespace {

namespace core = mlr3libtorch;
namespace test = mlr3libtorch::test;
using core::callback::ExternalClass;
using core::callback::make_external;
using mlr3libtorch::abi::Class;

/// Halves gradients, follows the loss, and remembers both.
class Halver : public core::Callback {
 public:
  explicit Halver(const core::Arguments& arguments) : factor_(static_cast<float>(arguments.number("factor"))) {}
  void on_after_backward(core::Context& context) override {
    for (auto& gradient : context.gradients()) gradient *= factor_;
    losses_.push_back(context.last_loss());
  }
  void on_epoch_end(core::Context& context) override {
    const auto weights = context.weights();
    last_.assign(weights.begin(), weights.end());
  }
  void save(core::State& state) const override {
    state.set("losses", losses_);
    state.set("last", last_);
  }
  void load(const core::State& state) override {
    losses_ = state.numbers("losses");
    last_ = state.floats("last");
  }

 private:
  float factor_;
  std::vector<double> losses_;
  std::vector<float> last_;
};

constexpr const char* kHalver = "halver(float factor=0.5) -> ()";

std::shared_ptr<const ExternalClass> halver() {
  return ExternalClass::open(core::class_of<Halver>(kHalver, "Halver", "", 3));
}

/// Does one thing in batch_end.
template <void (*act)(core::Context&)>
class Actor : public core::Callback {
 public:
  void on_batch_end(core::Context& context) override { act(context); }
};

template <void (*act)(core::Context&)>
std::unique_ptr<core::train::Run> run_of(const test::Setup& setup = {}) {
  core::train::Callbacks callbacks;
  callbacks.push_back(make_external(ExternalClass::open(core::class_of<Actor<act>>("actor() -> ()", "", "", 0)),
                                    "actor", {}, [](const std::string& phase, const std::string& measure) {
                                      return phase == "valid" && measure == "mse" ? 0.25 : std::nan("");
                                    }));
  return test::make_run(setup, std::move(callbacks));
}

core::train::Callbacks one(std::unique_ptr<core::callback::Callback> callback) {
  core::train::Callbacks callbacks;
  callbacks.push_back(std::move(callback));
  return callbacks;
}

TEST_CASE("a compiled class is subscribed to the stages it overrides", "[callback][external]") {
  const auto callback = make_external(halver(), "mine", {});
  CHECK(callback->id() == "mine");
  CHECK(halver()->facts().weight == 3);
  for (const auto& info : core::callback::kStages) {
    const bool is_overridden = info.name == "on_after_backward" || info.name == "on_epoch_end";
    CHECK(callback->stages().contains(info.stage) == is_overridden);
  }
}

TEST_CASE("a compiled class changes gradients as code of the core does", "[callback][external]") {
  const test::Setup setup;
  core::train::Callbacks by_hand;
  test::add(by_hand, "halver", {test::Stage::kAfterBackward},
            [](test::Stage, test::Context& context) { context.network.memory().gradients.mul_(0.5); });
  const auto expected = test::train_weights(setup, std::move(by_hand));
  CHECK(test::same_bytes(test::train_weights(setup, one(make_external(halver(), "halver", {}))), expected));
  CHECK(!test::same_bytes(test::train_weights(setup, one(make_external(halver(), "halver", {{"factor", 1.0}}))),
                          expected));
}

TEST_CASE("the state of a compiled class goes out and in with its bits", "[callback][external]") {
  const auto run = test::make_run({}, one(make_external(halver(), "halver", {})));
  test::train_quietly(*run);
  const auto state = run->callbacks().front()->state();
  const auto dictionary = state.toGenericDict();
  CHECK(dictionary.at("losses").toDoubleVector().size() == static_cast<std::size_t>(run->context().global_step));
  CHECK(test::same_bytes(dictionary.at("last").toTensor(), test::weights(*run)));
  const auto again = make_external(halver(), "halver", {});
  again->load_state(state);
  CHECK(again->state().toGenericDict().at("losses").toDoubleVector() == dictionary.at("losses").toDoubleVector());
  CHECK_THROWS_WITH(again->load_state(core::value::make_dictionary()),
                    "The saved state of the callback has no field 'losses'.");
  CHECK_THROWS_AS(again->load_state(1.0), core::base::Error);
}

void set_numbers(core::Context& context) {
  context.set_learning_rate(context.learning_rate() / 2);
  context.set_setting("weight_decay", 0.25);
  if (context.epoch() == 2) context.set_terminate();
  if (context.score_valid("mse") != 0.25) throw std::runtime_error("no score");
  if (context.x().shape().front() != context.y_hat().shape().front()) throw std::runtime_error("other rows");
  if (context.parameter(0).size() > context.weights().size()) throw std::runtime_error("no part");
}

TEST_CASE("a compiled class reads and sets the run's numbers", "[callback][external]") {
  const auto run = run_of<set_numbers>();
  const auto& settings = run->context().optimizer.groups().front().settings;
  const auto rate = settings.get<double>("lr");
  test::train_quietly(*run);
  CHECK(run->context().epoch == 2);
  CHECK(settings.get<double>("lr") == rate / std::pow(2.0, run->context().global_step));
  CHECK(settings.get<double>("weight_decay") == 0.25);
}

void write_batch(core::Context& context) {
  for (auto& value : context.writable_x()) value = 7;
  for (const auto value : context.x()) {
    if (value != 7) throw std::runtime_error("it was not written");
  }
}

void read_and_write_batch(core::Context& context) {
  double sum = 0;
  for (const auto value : context.x()) sum += value;
  if (std::isnan(sum)) throw std::runtime_error("it was not read");
  write_batch(context);
}

template <auto Function>
void check_data_set_after() {
  test::Setup setup;
  setup.options.loader.shuffle = false;
  const auto run = run_of<Function>(setup);
  test::train_quietly(*run);
  core::data::Batch batch;
  auto& loader = run->context().loader_train;
  loader.begin_epoch();
  REQUIRE(loader.next(batch));
  CHECK((batch.x.front() == 7).any().item<bool>() == false);
}

TEST_CASE("writing to a batch leaves the data set as it was", "[callback][external]") {
  check_data_set_after<write_batch>();
  check_data_set_after<read_and_write_batch>();
}

TEST_CASE("an input in codes is lent as the tensor, and its codes do not outlive a writer",
          "[callback][external][codes]") {
  const auto run = test::make_run({});
  auto& batch = run->context().batch;
  const auto codes = test::make_codes({0, 4}, 5);
  batch.x = {at::Tensor()};
  batch.codes = {codes};
  core::abi::Session session;
  session.context = &run->context();
  core::callback::lend_array(session, core::abi::kInput, 0);
  CHECK(at::equal(session.tensors.back(), test::written_out(codes, {0, 4})));
  batch.drop_outdated_codes();
  CHECK(batch.codes.front().defined());
  core::callback::lend_array(session, core::abi::kWritableInput, 0);
  CHECK_FALSE(batch.codes.front().defined());
  CHECK(batch.x.front().is_same(session.tensors.back()));
}

void write_target(core::Context& context) {
  for (auto& value : context.writable_y()) value = 5;
}

TEST_CASE("a target outside of the classes is refused while the callback that wrote it is known",
          "[callback][external]") {
  test::Setup setup;
  test::train_quietly(*run_of<write_target>(setup));
  setup.options.classes = 2;
  const auto run = run_of<write_target>(setup);
  CHECK_THROWS_WITH(test::train_quietly(*run), Catch::Contains("between 0 and 1"));
  REQUIRE(run->context().running);
  CHECK(run->context().running->id == "actor");
}

void throw_text(core::Context&) { throw std::runtime_error("out of luck"); }
void throw_number(core::Context&) { throw 42; }
void ask_for_gradients(core::Context& context) { context.gradients(); }
void ask_for_nothing_there(core::Context& context) { context.parameter(99); }
void ask_for_other_type(core::Context& context) { context.x<double>(); }
void set_bad_rate(core::Context& context) { context.set_learning_rate(-1); }
void catch_and_throw(core::Context& context) {
  try {
    context.setting("lrr");
  } catch (const core::Refusal&) {
    throw std::runtime_error("no lrr");
  }
}

template <void (*act)(core::Context&)>
std::string message_of() {
  const auto run = run_of<act>();
  try {
    test::train_quietly(*run);
  } catch (const core::base::Error& error) {
    REQUIRE(run->context().running);
    CHECK(run->context().running->id == "actor");
    CHECK(run->context().running->stage == test::Stage::kBatchEnd);
    return error.kind() + ": " + error.what();
  }
  return "";
}

TEST_CASE("what goes wrong in compiled code is an error of the core", "[callback][external]") {
  CHECK(message_of<throw_text>() == "callback: out of luck");
  CHECK(message_of<throw_number>() == "callback: it threw something that is not a std::exception");
  CHECK(message_of<ask_for_gradients>() == "callback: Gradients can be read and changed in on_after_backward only.");
  CHECK(message_of<ask_for_nothing_there>().find("argument: There is no parameter 99;") == 0);
  CHECK(message_of<ask_for_other_type>() == "callback: The array's elements are not of the type that was asked for.");
  CHECK(message_of<set_bad_rate>().find("argument: Argument 'lr' of optimizer") == 0);
  CHECK(message_of<catch_and_throw>() == "callback: no lrr");
}

core::Context* kept = nullptr;
class Keeper : public core::Callback {
 public:
  void on_batch_end(core::Context& context) override { kept = &context; }
};

TEST_CASE("a context that was kept answers with an error while no stage runs", "[callback][external]") {
  const auto external = ExternalClass::open(core::class_of<Keeper>("keeper() -> ()", "", "", 0));
  const auto run = test::make_run({}, one(make_external(external, "keeper", {})));
  test::train_quietly(*run);
  REQUIRE(kept != nullptr);
  CHECK_THROWS_WITH(kept->epoch(), "A callback's context can be used only while one of its stages runs.");
  CHECK_THROWS_AS(kept->weights(), core::Refusal);
}

void check_refused(const Class& described, const std::string& kind, const std::string& text) {
  try {
    ExternalClass::open(described);
    FAIL("it was not refused");
  } catch (const core::base::Error& error) {
    CHECK(error.kind() == kind);
    CHECK(std::string(error.what()).find(text) != std::string::npos);
  }
}

TEST_CASE("classes that do not fit are refused", "[callback][external]") {
  const auto described = core::class_of<Halver>(kHalver, "", "", 0);
  auto other = described;
  other.version += 1;
  check_refused(other, "callback_version", "compile it again");
  other = described;
  other.create = nullptr;
  check_refused(other, "handle", "is not loaded");
  other = described;
  other.schema = "halver(float";
  check_refused(other, "config", "cannot be read: 'halver(float'");
  other.schema = "halver(Tensor x) -> ()";
  check_refused(other, "config", "the argument 'x' has the type 'Tensor'");
  const mlr3libtorch::abi::ArgumentFacts facts{"factr", "", 0, 1};
  other = described;
  other.arguments = &facts;
  other.argument_count = 1;
  check_refused(other, "config", "'factr' is described");
  CHECK_THROWS_AS(make_external(halver(), "halver", {{"factr", 1.0}}), core::base::UnknownNameError);
}

}  // namespace
}  // namespace mlr3libtorch::test_external_callback
