#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "link.h"

namespace mlr3libtorch {

/// Numbers in the run's memory, row-major: valid until the stage returns, not to be kept.
template <class T>
class Array {
 public:
  explicit Array(const abi::Array& array) : array_(array) {
    if (array.type != element_type())
      throw std::runtime_error("The array's elements are not of the type that was asked for.");
  }

  T* data() const { return static_cast<T*>(array_.data); }
  T* begin() const { return data(); }
  T* end() const { return data() + array_.count; }
  T& operator[](std::int64_t i) const { return data()[i]; }
  std::int64_t size() const { return array_.count; }
  std::vector<std::int64_t> shape() const { return {array_.sizes, array_.sizes + array_.dimensions}; }
  /// Of a parameter or an input; "" else.
  std::string name() const { return array_.name == nullptr ? "" : array_.name; }

 private:
  static constexpr abi::ElementType element_type() {
    using Element = std::remove_const_t<T>;
    if (std::is_same_v<Element, float>) return abi::kFloat32;
    if (std::is_same_v<Element, double>) return abi::kFloat64;
    static_assert(
        std::is_same_v<Element, float> || std::is_same_v<Element, double> || std::is_same_v<Element, std::int64_t>,
        "Elements are float, double or std::int64_t.");
    return abi::kInt64;
  }

  abi::Array array_;
};

/// What a callback sees of its run. Outside of a stage, every call is a Refusal.
/// Positions count from 0 and epochs, steps and batches from 1; class numbers in the target count from 0.
class Context {
 public:
  explicit Context(const Link& link) : link_(link) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  std::int64_t epoch() const { return count(abi::kEpoch); }
  std::int64_t step() const { return count(abi::kStep); }
  std::int64_t step_valid() const { return count(abi::kStepValid); }
  std::int64_t global_step() const { return count(abi::kGlobalStep); }
  std::int64_t batches() const { return count(abi::kBatches); }  // of this epoch; 0 before a sampler was called
  std::int64_t rows_train() const { return count(abi::kRowsTrain); }
  /// NaN before the first batch.
  double last_loss() const { return number(abi::kLastLoss); }
  bool evaluated() const { return number(abi::kEvaluated) != 0; }

  std::int64_t total_epochs() const { return count(abi::kTotalEpochs); }
  void set_total_epochs(std::int64_t epochs) { set(abi::kTotalEpochs, static_cast<double>(epochs)); }
  std::int64_t eval_freq() const { return count(abi::kEvalFreq); }
  void set_eval_freq(std::int64_t epochs) { set(abi::kEvalFreq, static_cast<double>(epochs)); }
  bool terminate() const { return number(abi::kTerminate) != 0; }
  void set_terminate(bool value = true) { set(abi::kTerminate, value); }
  bool stop_epoch() const { return number(abi::kStopEpoch) != 0; }
  void set_stop_epoch(bool value = true) { set(abi::kStopEpoch, value); }
  /// In on_after_backward: the optimizer skips this batch.
  bool skip_step() const { return number(abi::kSkipStep) != 0; }
  void set_skip_step(bool value = true) { set(abi::kSkipStep, value); }

  /// The optimizer's numbers: "lr", "weight_decay", ….
  std::int64_t group_count() const { return count(abi::kGroupCount); }
  double setting(const std::string& name, std::int64_t group = 0) const {
    double value = 0;
    link_.call(&abi::Services::read_setting, group, name.c_str(), &value);
    return value;
  }
  void set_setting(const std::string& name, double value, std::int64_t group = 0) {
    link_.call(&abi::Services::write_setting, group, name.c_str(), value);
  }
  double learning_rate(std::int64_t group = 0) const { return setting("lr", group); }
  void set_learning_rate(double rate, std::int64_t group = 0) { set_setting("lr", rate, group); }

  /// All parameters one after the other, and one of them; writing to them changes the network.
  Array<float> weights() { return array<float>(abi::kWeights); }
  std::int64_t parameter_count() const { return count(abi::kParameterCount); }
  Array<float> parameter(std::int64_t index) { return array<float>(abi::kParameter, index); }
  /// The same for their gradients; in on_after_backward only.
  Array<float> gradients() { return array<float>(abi::kGradients); }
  Array<float> gradient(std::int64_t index) { return array<float>(abi::kGradient, index); }

  /// The batch and what the network made of it.
  template <class T = float>
  Array<const T> x(std::int64_t index = 0) const {
    return array<const T>(abi::kInput, index);
  }
  template <class T = float>
  Array<const T> y() const {
    return array<const T>(abi::kTarget);
  }
  Array<const float> y_hat(std::int64_t index = 0) const { return array<const float>(abi::kOutput, index); }
  std::int64_t input_count() const { return count(abi::kInputCount); }
  std::int64_t output_count() const { return count(abi::kOutputCount); }
  /// To be changed before the network sees it, in on_batch_begin.
  template <class T = float>
  Array<T> writable_x(std::int64_t index = 0) {
    return array<T>(abi::kWritableInput, index);
  }
  template <class T = float>
  Array<T> writable_y() {
    return array<T>(abi::kWritableTarget);
  }

  /// The last score of a measure of `measures_train` or `measures_valid`, such as "classif.ce"; NaN before the first.
  double score_train(const std::string& measure) const { return score(abi::kTrain, measure); }
  double score_valid(const std::string& measure) const { return score(abi::kValid, measure); }

 private:
  double number(abi::Number which) const {
    double value = 0;
    link_.call(&abi::Services::read_number, which, &value);
    return value;
  }
  std::int64_t count(abi::Number which) const { return static_cast<std::int64_t>(number(which)); }
  void set(abi::Number which, double value) { link_.call(&abi::Services::write_number, which, value); }
  double score(abi::Phase phase, const std::string& measure) const {
    double value = 0;
    link_.call(&abi::Services::read_score, phase, measure.c_str(), &value);
    return value;
  }
  template <class T>
  Array<T> array(abi::ArrayKind kind, std::int64_t index = 0) const {
    abi::Array array{};
    link_.call(&abi::Services::read_array, kind, index, &array);
    return Array<T>(array);
  }

  Link link_;
};

}  // namespace mlr3libtorch
