#include "core/base/error.h"
#include "core/callback/external/class.h"
#include "core/callback/external/services.h"
#include "core/callback/native_callback.h"

namespace mlr3libtorch::callback {
namespace {

/// Ends a call into compiled code: gives back what was lent for it and throws what it ended with.
void settle(abi::Session& session, abi::Outcome outcome, const abi::Failure& failure) {
  const auto refusal = session.refusal;
  session.end_call();
  if (outcome == abi::kDone) return;
  if (outcome == abi::kRefused && refusal) std::rethrow_exception(refusal);
  throw base::Error("callback", failure.text);
}

/// A callback whose code is in a library that the user compiled.
class ExternalCallback : public NativeCallback {
 public:
  ExternalCallback(std::shared_ptr<const ExternalClass> external, std::string id, const value::NamedValues& given,
                   ScoreReader scores)
      : NativeCallback({std::move(id), external->facts().stages}),
        external_(std::move(external)),
        session_(std::make_unique<abi::Session>()),
        instance_(nullptr, external_->functions().destroy) {
    const auto& [schema, description] = external_->entry();
    const auto arguments = value::Arguments::bind("C++ callback", schema, description, given);
    session_->scores = std::move(scores);
    session_->arguments = &arguments;
    void* instance = nullptr;
    abi::Failure failure{};
    const auto outcome = external_->functions().create(&services(), session_.get(), &instance, &failure);
    instance_.reset(instance);
    settle(*session_, outcome, failure);
  }

  /// A user's code may do anything.
  bool is_reproducible() const override { return false; }

  void run(Stage stage, Context& context) override {
    session_->context = &context;
    abi::Failure failure;
    const auto outcome = external_->functions().run(instance_.get(), static_cast<abi::Stage>(stage), &failure);
    const bool has_written = session_->has_lent_target;
    settle(*session_, outcome, failure);
    if (has_written) data::check_target(context.batch.y, context.classes);
  }

  c10::IValue state() const override {
    if (!external_->functions().has_state) return {};
    auto state = value::make_dictionary();
    session_->saved = &state;
    abi::Failure failure{};
    const auto outcome = external_->functions().save(instance_.get(), &failure);
    settle(*session_, outcome, failure);
    return state;
  }

  void load_state(const c10::IValue& saved) override {
    const auto state = value::read_dictionary(saved, "the state of a C++ callback");
    session_->loaded = &state;
    abi::Failure failure{};
    const auto outcome = external_->functions().load(instance_.get(), &failure);
    settle(*session_, outcome, failure);
  }

 private:
  std::shared_ptr<const ExternalClass> external_;
  std::unique_ptr<abi::Session> session_;
  std::unique_ptr<void, void (*)(void*)> instance_;
};

}  // namespace

std::unique_ptr<Callback> make_external(std::shared_ptr<const ExternalClass> external, std::string id,
                                        const value::NamedValues& given, ScoreReader scores) {
  return std::make_unique<ExternalCallback>(std::move(external), std::move(id), given, std::move(scores));
}

}  // namespace mlr3libtorch::callback
