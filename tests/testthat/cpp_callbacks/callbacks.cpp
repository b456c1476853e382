// [[Rcpp::depends(mlr3libtorch)]]
#include <mlr3libtorch/callback.h>

// The callbacks of test-callback_cpp.R, compiled once for all of its tests.
using mlr3libtorch::Arguments;
using mlr3libtorch::Callback;
using mlr3libtorch::Context;
using mlr3libtorch::State;

/// Scales the gradients; its state are the losses and the last weights.
class Scaler : public Callback {
 public:
  explicit Scaler(const Arguments& arguments)
      : factor_(static_cast<float>(arguments.number("factor"))), every_(arguments.integer("every")) {}
  void on_after_backward(Context& context) override {
    if (context.global_step() % every_ == 0) {
      for (auto& gradient : context.gradients()) gradient *= factor_;
    }
    losses_.push_back(context.last_loss());
  }
  void on_batch_end(Context& context) override { last_.assign(context.weights().begin(), context.weights().end()); }
  void save(State& state) const override {
    state.set("losses", losses_);
    state.set("last", last_);
  }
  void load(const State& state) override {
    losses_ = state.numbers("losses");
    last_ = state.floats("last");
  }

 private:
  float factor_;
  std::int64_t every_;
  std::vector<double> losses_;
  std::vector<float> last_;
};

// [[Rcpp::export]]
SEXP scaler() {
  return mlr3libtorch::describe_callback<Scaler>(
      "scaler(float factor=0.5, int every=1) -> ()", "Scaler", "Scales gradients.",
      {{"factor", "By what they are multiplied.", 0, 1}, {"every", "Batches between two of them.", 1}});
}

/// Notes each stage with epoch and step, and doubles the learning rate at the end of each epoch.
class Noter : public Callback {
 public:
#define NOTED(stage) \
  void stage(Context& context) override { note(mlr3libtorch::abi::stage, context); }
  NOTED(on_begin)
  NOTED(on_end)
  NOTED(on_epoch_begin)
  NOTED(on_before_valid)
  NOTED(on_batch_begin)
  NOTED(on_batch_end)
  NOTED(on_after_backward)
  NOTED(on_batch_valid_begin)
  NOTED(on_batch_valid_end)
#undef NOTED
  void on_valid_end(Context& context) override { score_ = context.score_valid("classif.ce"); }
  void on_epoch_end(Context& context) override { context.set_learning_rate(context.learning_rate() * 2); }
  void save(State& state) const override {
    state.set("notes", notes_);
    state.set("score", score_);
  }
  void load(const State&) override {}

 private:
  void note(int stage, const Context& context) {
    for (const auto number : {std::int64_t{stage}, context.epoch(), context.step(), context.step_valid()}) {
      notes_.push_back(static_cast<double>(number));
    }
  }
  std::vector<double> notes_;
  double score_ = 0;
};

// [[Rcpp::export]]
SEXP noter() { return mlr3libtorch::describe_callback<Noter>("noter() -> ()"); }

/// Does what it is told to in the second epoch's first batch.
class Troublemaker : public Callback {
 public:
  explicit Troublemaker(const Arguments& arguments) : what_(arguments.text("what")) {
    if (what_ == "constructor") throw std::runtime_error("not made");
  }
  void on_batch_end(Context& context) override {
    kept_ = &context;
    if (context.epoch() < 2) return;
    if (what_ == "exception") throw std::runtime_error("out of luck");
    if (what_ == "number") throw 42;
    if (what_ == "rcpp") Rcpp::stop("stopped");
    if (what_ == "gradients") context.gradients();
    if (what_ == "rate") context.set_learning_rate(-1);
    if (what_ == "score") context.score_valid("classif.cee");
    if (what_ == "end") context.set_terminate();
  }
  void save(State& state) const override {
    if (what_ == "kept") kept_->epoch();
    state.set("one", 1);
  }
  void load(const State&) override {}

 private:
  std::string what_;
  Context* kept_ = nullptr;
};

// [[Rcpp::export]]
SEXP troublemaker() { return mlr3libtorch::describe_callback<Troublemaker>("troublemaker(str what) -> ()"); }

// [[Rcpp::export]]
SEXP of_another_version() {
  const SEXP pointer = scaler();
  static_cast<mlr3libtorch::abi::Class*>(R_ExternalPtrAddr(pointer))->version += 1;
  return pointer;
}
