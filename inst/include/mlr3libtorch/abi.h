#pragma once

#include <cstdint>

// What a compiled callback and the package exchange: plain structs of numbers, pointers and functions, so that
// neither side needs the other's compiler settings, exceptions or libraries. Callbacks are written against callback.h.
//
// Any change to this file raises kVersion; the package refuses callbacks that were compiled against another one.
namespace mlr3libtorch::abi {

constexpr std::uint32_t kVersion = 2;

// In the order of the loop's own list of stages, which a test compares this one with.
#define MLR3LIBTORCH_STAGES(X) \
  X(on_begin)                  \
  X(on_end)                    \
  X(on_exit)                   \
  X(on_epoch_begin)            \
  X(on_before_valid)           \
  X(on_epoch_end)              \
  X(on_batch_begin)            \
  X(on_batch_end)              \
  X(on_after_backward)         \
  X(on_batch_valid_begin)      \
  X(on_batch_valid_end)        \
  X(on_valid_end)              \
  X(on_stop)

enum Stage : std::int32_t {
#define MLR3LIBTORCH_STAGE(name) name,
  MLR3LIBTORCH_STAGES(MLR3LIBTORCH_STAGE)
#undef MLR3LIBTORCH_STAGE
      kStageCount
};

// Fields of the context that a number stands for, by their names in the loop's own list of fields, which is compared
// with this one.
#define MLR3LIBTORCH_NUMBERS(X) \
  X(kEpoch, epoch)              \
  X(kStep, step)                \
  X(kStepValid, step_valid)     \
  X(kGlobalStep, global_step)   \
  X(kTotalEpochs, total_epochs) \
  X(kEvalFreq, eval_freq)       \
  X(kEvaluated, evaluated)      \
  X(kTerminate, terminate)      \
  X(kStopEpoch, stop_epoch)     \
  X(kSkipStep, skip_step)       \
  X(kLastLoss, last_loss)

enum Number : std::int32_t {
#define MLR3LIBTORCH_NUMBER(number, field) number,
  MLR3LIBTORCH_NUMBERS(MLR3LIBTORCH_NUMBER)
#undef MLR3LIBTORCH_NUMBER
      kBatches,
  kRowsTrain,
  kGroupCount,
  kParameterCount,
  kInputCount,
  kOutputCount,
  kNumberCount
};

enum ArrayKind : std::int32_t {
  kWeights,
  kGradients,
  kParameter,
  kGradient,
  kInput,
  kTarget,
  kOutput,
  kWritableInput,
  kWritableTarget,
  kArrayKindCount
};

enum ElementType : std::int32_t { kFloat32, kFloat64, kInt64, kOtherType };

enum Phase : std::int32_t { kTrain, kValid };

/// Row-major memory that stays valid until the stage returns. `name` may be nullptr.
struct Array {
  void* data;
  std::int64_t count;
  const std::int64_t* sizes;
  std::int64_t dimensions;
  const char* name;
  ElementType type;
};

/// What the package knows about a live callback; opaque to the callback.
struct Session;

enum Outcome : std::int32_t {
  kDone,
  kRefused,  // by a service; the package keeps the error
  kThrew     // by the callback; the text of the exception is in Failure
};

struct Failure {
  char text[1024];
};

/// What the package does for a callback. Each function returns kDone or kRefused; problem() says why.
struct Services {
  const char* (*problem)(const Session*);

  Outcome (*read_number)(Session*, Number, double* value);
  Outcome (*write_number)(Session*, Number, double value);
  Outcome (*read_setting)(Session*, std::int64_t group, const char* name, double* value);
  Outcome (*write_setting)(Session*, std::int64_t group, const char* name, double value);
  Outcome (*read_array)(Session*, ArrayKind, std::int64_t index, Array* array);
  Outcome (*read_score)(Session*, Phase, const char* measure, double* value);

  /// Arguments of the schema; while the callback is created. `data` is valid until it has been.
  Outcome (*argument_is_none)(Session*, const char* name, std::int32_t* is_none);
  Outcome (*argument_numbers)(Session*, const char* name, const double** data, std::int64_t* count);
  Outcome (*argument_text)(Session*, const char* name, const char** text);

  /// The state; while it is saved or loaded. `data` is valid until it has been.
  Outcome (*put_numbers)(Session*, const char* name, const double* data, std::int64_t count);
  Outcome (*put_floats)(Session*, const char* name, const float* data, std::int64_t count);
  Outcome (*state_contains)(Session*, const char* name, std::int32_t* contains);
  Outcome (*get_numbers)(Session*, const char* name, const double** data, std::int64_t* count);
  Outcome (*get_floats)(Session*, const char* name, const float** data, std::int64_t* count);
};

struct ArgumentFacts {
  const char* name;
  const char* doc;
  double lower;
  double upper;
};

/// A class of callbacks. `version` comes first and is checked before anything else.
struct Class {
  std::uint32_t version;
  std::uint32_t stages;  // bit i: stage i is overridden
  std::int32_t has_state;
  std::int32_t argument_count;
  const ArgumentFacts* arguments;
  const char* schema;
  const char* label;
  const char* doc;
  double weight;

  Outcome (*create)(const Services*, Session*, void** instance, Failure*);
  void (*destroy)(void* instance);
  Outcome (*run)(void* instance, Stage, Failure*);
  Outcome (*save)(const void* instance, Failure*);
  Outcome (*load)(void* instance, Failure*);
};

}  // namespace mlr3libtorch::abi
