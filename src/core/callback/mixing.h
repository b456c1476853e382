#pragma once

#include <string>

#include "core/callback/context.h"
#include "core/callback/finite.h"
#include "core/callback/native_callback.h"

namespace mlr3libtorch::callback {

/// What mixup and cutmix share: each row of a batch gets a part of another row, and the loss both rows' targets.
/// Everything is drawn from the run's generator.
class Mixing : public NativeCallback {
 public:
  /// A row's own share is drawn from a Beta(alpha, alpha) distribution; alpha 0 leaves rows unchanged.
  /// A batch is mixed with probability `p`.
  Mixing(NativeSetup setup, double alpha, double p);

  void run(Stage stage, Context& context) final;

 protected:
  /// Gives each row a part of the row `partner` ([rows] int64), about `share` of it; returns the exact share.
  virtual double mix(Context& context, const at::Tensor& partner, double share) const = 0;

 private:
  double alpha_;
  double p_;
};

/// The arguments of `Mixing`, for a registration.
std::vector<value::ArgumentDescription> mixing_arguments();

/// Registers `T`, which is made from id, alpha and p.
template <class T>
CallbackRegistration register_mixing(const char* schema, const std::string& label, const std::string& doc) {
  return {schema,
          {{Stage::kBatchBegin}},
          {label, doc, mixing_arguments()},
          [](const value::Arguments& arguments, NativeSetup setup) {
            require_finite(arguments, "callback '" + setup.id + "'");
            return std::make_unique<T>(std::move(setup), arguments.get<double>("alpha"), arguments.get<double>("p"));
          }};
}

}  // namespace mlr3libtorch::callback
