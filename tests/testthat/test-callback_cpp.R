# Compiled once for all tests of this file.
compiled = new.env()
suppressMessages(Rcpp::sourceCpp(test_path("cpp_callbacks", "callbacks.cpp"), env = compiled))

# A script with a class `Mark` whose state is `value`.
mark_script = function(value) {
  sprintf('
    // [[Rcpp::depends(mlr3libtorch)]]
    #include <mlr3libtorch/callback.h>
    struct Mark : public mlr3libtorch::Callback {
      void save(mlr3libtorch::State& state) const override { state.set("value", %i); }
      void load(const mlr3libtorch::State&) override {}
    };
    // [[Rcpp::export]]
    SEXP mark() { return mlr3libtorch::describe_callback<Mark>("mark() -> ()"); }
  ', value)
}

trained_model = function(callbacks, ...) train_quietly(small_learner(callbacks, ...))$model

test_that("a compiled class is a callback like any other", {
  callback = cpp_callback(compiled$scaler())
  expect_identical(callback$id, "scaler")
  expect_identical(callback$label, "Scaler")
  expect_identical(callback$param_set$default, list(factor = 0.5, every = 1L))
  expect_output(print(callback), "* Stages: on_batch_end, on_after_backward", fixed = TRUE)
  set = callback$generate()
  expect_s3_class(set, c("CallbackSetScaler", "CallbackSetCompiled", "CallbackSetNative", "CallbackSet", "R6"),
    exact = TRUE)
  expect_identical(set$stages, c("on_batch_end", "on_after_backward"))
  expect_null(set$state_dict())
  expect_identical(cpp_callback(compiled$scaler(), id = "mine")$id, "mine")
})

test_that("it is called in the loop's order, with the loop's numbers", {
  notes = list()
  noting = stage_callback("noting", function(stage, ctx) {
    notes[[length(notes) + 1L]] <<- c(match(stage, stage_names()) - 1, ctx$epoch, ctx$step, ctx$step_valid)
  }, setdiff(stage_names(), c("on_exit", "on_epoch_end", "on_valid_end")))
  model = trained_model(list(noting, cpp_callback(compiled$noter())))
  expect_identical(model$callbacks$noter$notes, as.numeric(unlist(notes)))
  expect_identical(model$callbacks$noter$score, model$internal_valid_scores$classif.ce)
})

test_that("it runs by its weight, and sets the learning rate", {
  rates = function(weight) {
    found = numeric()
    adding = torch_callback("adding", on_epoch_end = function() {
      groups = self$ctx$optimizer$param_groups
      self$ctx$optimizer$param_groups[[1]]$lr = groups[[1]]$lr + 1
      found <<- c(found, groups[[1]]$lr + 1)
    })
    callback = cpp_callback(compiled$noter())
    callback$weight = weight
    trained_model(list(adding, callback), opt.lr = 0.5)
    found
  }
  expect_identical(rates(-1), c(2, 5))
  expect_identical(rates(1), c(1.5, 4))
})

test_that("it changes gradients as the same callback in R does, with either step", {
  in_r = torch_callback("scaler", on_after_backward = function() {
    for (parameter in self$ctx$network$parameters) parameter$grad$mul_(0.5)
  })
  for (plan in c("off", "require")) {
    weights = function(callbacks) trained_model(callbacks, plan = plan, optimizer = t_opt("sgd"), opt.lr = 0.1)$network
    in_cpp = weights(list(cpp_callback(compiled$scaler())))
    expect_identical(in_cpp, weights(list(in_r)))
    expect_false(identical(in_cpp, weights(list())))
  }
})

test_that("it reads losses and weights", {
  losses = numeric()
  reading = torch_callback("reading", on_batch_end = function() losses <<- c(losses, self$ctx$last_loss))
  model = trained_model(list(reading, cpp_callback(compiled$scaler())))
  expect_identical(model$callbacks$scaler$losses, losses)
  expect_length(as.numeric(model$callbacks$scaler$last), sum(lengths(map(model$network$parameters, as.numeric))))
})

test_that("its parameters are those of the schema, with names and bounds", {
  learner = small_learner(cpp_callback(compiled$scaler()))
  expect_subset(c("cb.scaler.factor", "cb.scaler.every"), learner$param_set$ids())
  set = function(...) learner$param_set$set_values(...)
  expect_config_error(set(cb.scaler.factor = 2), "parameter", "'cb.scaler.factor' must be a number of at least 0")
  expect_config_error(set(cb.scaler.every = "a"), "parameter", "'cb.scaler.every' must be a whole number")
  expect_config_error(set(cb.scaler.factro = 1), "unknown_parameter", "did you mean 'cb.scaler.factor'?")
  expect_config_error(cpp_callback(compiled$troublemaker())$generate(), "missing_parameter", "'what' has no value")
  unchanged = trained_model(cpp_callback(compiled$scaler()), cb.scaler.factor = 1)
  expect_identical(unchanged$network, trained_model(list())$network)
  expect_identical(trained_model(cpp_callback(compiled$scaler()), cb.scaler.every = 100L)$network, unchanged$network)
})

test_that("a run that is stopped and resumed ends with the same bytes", {
  callbacks = list(cpp_callback(compiled$scaler()))
  whole = train_quietly(stoppable(callbacks))$model
  path = withr::local_tempdir()
  checkpoint = t_clbk("checkpoint", path = path, freq = "10 batches", keep_last = 9)
  train_quietly(stoppable(c(callbacks, checkpoint)))
  files = list.files(path, full.names = TRUE)
  expect_gt(length(files), 1L)
  resumed = train_quietly(stoppable(callbacks, resume = files[[1L]]))$model
  expect_identical(comparable(resumed), comparable(whole))
})

test_that("the state of another callback is refused", {
  learner = small_learner(cpp_callback(compiled$scaler()))
  path = withr::local_tempdir()
  other = torch_callback("scaler", classname = "CallbackSetScaler", on_begin = function() NULL,
    state_dict = function() list(other = 1), load_state_dict = function(state_dict) NULL)
  train_quietly(small_learner(list(other, t_clbk("checkpoint", path = path))))
  learner$param_set$set_values(resume = path, epochs = 3)
  expect_error(train_quietly(learner), "Callback 'scaler' failed in load_state_dict(): The saved state of the callback",
    fixed = TRUE, class = "mlr3libtorch_error_state")
})

test_that("a trained learner predicts in another process, and says what is needed to train there", {
  path = withr::local_tempfile(fileext = ".rds")
  learner = train_quietly(small_learner(cpp_callback(compiled$scaler())))
  saveRDS(learner, path)
  found = callr::r(function(path) {
    library(mlr3libtorch)
    learner = readRDS(path)
    before = learner$predict(tsk("iris"))$response
    list(before, learner$model$callbacks, tryCatch(learner$train(tsk("iris")), error = identity))
  }, list(path))
  expect_identical(found[[1]], learner$predict(tsk("iris"))$response)
  expect_identical(found[[2]], learner$model$callbacks)
  expect_s3_class(found[[3]], "mlr3libtorch_error_not_compiled")
  expect_match(conditionMessage(found[[3]]), "The C++ callback 'scaler' is not compiled in this process.", fixed = TRUE)
  # In this process the class is found by what it is.
  expect_identical(train_quietly(readRDS(path))$model$network, learner$model$network)
})

test_that("one with its script is compiled where it is needed, and does not change an older one of its name", {
  first = cpp_callback(code = mark_script(1L))
  file = withr::local_tempfile(lines = mark_script(2L), fileext = ".cpp")
  second = cpp_callback(file = file)
  value = function(callback) trained_model(callback)$callbacks$mark$value
  expect_identical(map_dbl(list(first, second, first$clone(deep = TRUE)), value), c(1, 2, 1))
  learner = small_learner(first)
  elsewhere = callr::r(function(learner) learner$train(mlr3::tsk("iris"))$model$callbacks, list(learner))
  expect_identical(elsewhere, list(mark = list(value = 1)))
  two_exports = "// [[Rcpp::export]]\nint a() { return 1; }\n// [[Rcpp::export]]\nint b() { return 1; }"
  expect_error(cpp_callback(code = two_exports),
    "must export one function", class = "mlr3libtorch_error_invalid_callback")
})

test_that("what goes wrong in a stage is an error that says where", {
  trouble = function(what) {
    tryCatch(trained_model(cpp_callback(compiled$troublemaker()), cb.troublemaker.what = what), error = identity)
  }
  where = "Callback 'troublemaker' failed in stage 'on_batch_end' (epoch 2, batch 1): "
  expect_trouble = function(what, message) {
    condition = trouble(what)
    expect_s3_class(condition, "mlr3libtorch_error_callback")
    expect_identical(unclass(condition)[c("callback", "stage", "epoch", "batch")],
      list(callback = "troublemaker", stage = "on_batch_end", epoch = 2, batch = 1))
    expect_match(conditionMessage(condition), paste0(where, message), fixed = TRUE)
  }
  expect_trouble("exception", "out of luck")
  expect_trouble("number", "it threw something that is not a std::exception")
  expect_trouble("rcpp", "stopped")
  expect_trouble("gradients", "Gradients can be read and changed in on_after_backward only.")
  expect_trouble("rate", "Argument 'lr' of optimizer 'adam' must be at least 0, not -1.")
  expect_trouble("score", "There is no measure 'classif.cee' in 'measures_valid'; did you mean 'classif.ce'?")
  expect_match(conditionMessage(trouble("constructor")), "not made", fixed = TRUE)
  expect_match(conditionMessage(trouble("kept")), "only while one of its stages runs", fixed = TRUE)
  expect_identical(trouble("end")$epochs, 2L)
})

test_that("what does not fit is refused", {
  expect_config_error(cpp_callback(compiled$of_another_version()), "callback_version",
    "compiled against version 3 of mlr3libtorch's header, and the package has version 2; compile it again")
  expect_error(cpp_callback(1), "This is not a C++ callback", fixed = TRUE, class = "mlr3libtorch_error_handle")
  expect_error(cpp_callback(unserialize(serialize(compiled$scaler(), NULL))), "was saved and reloaded",
    class = "mlr3libtorch_error_handle")
  expect_config_error(cpp_callback(), "invalid_callback", "exactly one of 'compiled', 'code' and 'file'")
  expect_config_error(cpp_callback(code = 1), "invalid_callback", "'code' must be the text of a script")
  expect_config_error(cpp_callback(file = "nowhere.cpp"), "invalid_callback", "'file' must be an existing file")
})

test_that("a script that does not name the package finds its header all the same", {
  code = '
    #include <mlr3libtorch/callback.h>
    class Quiet : public mlr3libtorch::Callback {
     public:
      explicit Quiet(const mlr3libtorch::Arguments&) {}
      void on_end(mlr3libtorch::Context&) override {}
    };
    // [[Rcpp::export]]
    SEXP quiet() { return mlr3libtorch::describe_callback<Quiet>("quiet() -> ()", "Quiet", "Does nothing."); }
  '
  expect_identical(cpp_callback(code = code)$id, "quiet")
})

test_that("in a run on several workers it runs in the first one, for all", {
  compute = local_daemons(1L)
  runs = train_alone_and_spread(function(workers) {
    small_learner(cpp_callback(compiled$scaler()), batch_size = 16, workers = workers)
  }, tsk("iris"), compute, n = 2L)
  expect_lt(history_distance(runs$spread, runs$one), 1e-5)
  expect_lt(weight_distance(runs$spread, runs$one), 1e-5)
})
