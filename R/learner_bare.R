# A copy of the learner that only trains: without validation, scores, callbacks and encapsulation.
bare_learner = function(learner, epochs, callbacks = list()) {
  learner = learner$clone(deep = TRUE)$reset()
  # in another process, this one could not see what callbacks keep
  learner$encapsulate("none")
  learner$validate = NULL
  learner$callbacks = callbacks
  learner$param_set$set_values(epochs = as.integer(epochs), measures_train = list(), measures_valid = list(),
    patience = 0L, resume = NULL, keep_on_interrupt = FALSE)
  learner
}
