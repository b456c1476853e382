# Runs that are stopped and go on, for the tests of resuming.

# Its state depends on R's generator and on how often which stage was called.
draws = torch_callback("draws",
  public = list(drawn = NULL, calls = integer()),
  on_epoch_begin = function() private$count("epoch_begin"),
  on_batch_begin = function() self$drawn = c(self$drawn, rnorm(1)),
  on_batch_end = function() private$count("batch_end"),
  on_epoch_end = function() private$count("epoch_end"),
  state_dict = function() list(drawn = self$drawn, calls = self$calls),
  load_state_dict = function(state_dict) {
    self$drawn = state_dict$drawn
    self$calls = state_dict$calls
  },
  private = list(count = function(stage) {
    known = if (stage %in% names(self$calls)) self$calls[[stage]] else 0L
    self$calls[[stage]] = known + 1L
  })
)

# 3 epochs of 7 batches on iris, with shuffling, dropout, scores of the training and a history.
stoppable = function(callbacks = list(), ..., epochs = 3) {
  small_learner(c(list(draws, t_clbk("history")), callbacks), epochs = epochs, ..., batch_size = 16,
    optimizer = t_opt("adam", amsgrad = TRUE), measures_train = msr("classif.ce"), validate = 0.3)
}

# What must not depend on whether the run was stopped.
# Settings differ by the callbacks that write and stop; tables refer to themselves.
comparable = function(model) {
  model$callbacks$checkpoint = model$run$settings = NULL
  model$callbacks$history = as.list(model$callbacks$history)
  model[c("network", "optimizer", "epochs", "callbacks", "seed", "run", "internal_valid_scores", "interrupted")]
}

# Notes each epoch at its end, after everybody else.
late_history = function() {
  torch_callback("late", weight = Inf, public = list(epochs = NULL),
    on_epoch_end = function() self$epochs = c(self$epochs, self$ctx$epoch),
    state_dict = function() self$epochs,
    load_state_dict = function(state_dict) self$epochs = state_dict
  )
}

# As a hotstart does.
train_network_from = function(learner, model, task = tsk("iris")) {
  withr::with_seed(1, get_private(learner)$.run(task, state = model))
}

# Asks the run to stop, as an interrupt does, in a stage of the step `at`.
interrupting = function(at, stage = "on_batch_end") {
  functions = set_names(list(eval(bquote(function() {
    if (self$ctx$global_step == .(at)) {
      tools::pskill(Sys.getpid(), tools::SIGINT)
      Sys.sleep(0.2)
      self$slept = TRUE
    }
  }))), stage)
  invoke(torch_callback, "interrupting", public = list(slept = FALSE), .args = functions)
}
