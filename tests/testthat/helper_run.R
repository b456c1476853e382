# Small runs for the tests of the loop.

stage_names = function() core_stages()$name

# A learner whose run takes a moment: 2 epochs of 2 batches on iris, one validation batch each.
small_learner = function(callbacks = list(), ..., validate = 0.4) {
  arguments = insert_named(
    list(epochs = 2, batch_size = 60, neurons = 4, p = 0.1, seed = 1, callbacks = callbacks),
    list(...)
  )
  learner = invoke(lrn, "classif.mlp", .args = arguments)
  if (!is.null(validate)) {
    learner$validate = validate
    learner$param_set$set_values(measures_valid = msr("classif.ce"), batch_size_predict = 100)
  }
  learner
}

# A callback that does `f(stage)` in the given stages; `ctx` is what `self$ctx` is.
stage_callback = function(id, f, stages = stage_names()) {
  functions = sapply(stages, function(stage) eval(bquote(function() .(f)(.(stage), self$ctx))), simplify = FALSE)
  invoke(torch_callback, id, .args = functions)
}

# `seed` is R's: mlr3 draws the validation rows with it.
train_quietly = function(learner, task = tsk("iris"), seed = 1) {
  withr::with_seed(seed, learner$train(task))
  invisible(learner)
}

# What the package logs while `code` is evaluated.
logged = function(code) {
  appender = lgr::AppenderBuffer$new()
  lg = lgr::get_logger("mlr3/mlr3libtorch")
  lg$add_appender(appender, "test")
  threshold = lg$threshold
  withr::defer({
    lg$remove_appender("test")
    lg$set_threshold(threshold)
  })
  lg$set_threshold("info")
  capture.output(force(code))
  vapply(appender$buffer_events, function(event) event$msg, character(1))
}

# The stages of a run that nobody stops.
stages_of_whole_runs = function() setdiff(stage_names(), "on_stop")

# The names of the tensors in each of an optimizer's groups.
group_names = function(groups) map(groups, function(group) names(group$params))

# For a process whose output is looked at: it has no reason to say that OpenBLAS does not know the processor. Its sums
# may then be rounded in another way than those of the process that starts it.
quiet_environment = function() {
  known = if (core_blas()$is_for_old_processor) known_processor(core_machine()$vector_units)
  c(callr::rcmd_safe_env(), OPENBLAS_CORETYPE = known)
}
