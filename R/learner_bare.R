# A copy of the learner that does nothing but train: without validation, scores, callbacks of its own and encapsulation.
bare_learner = function(learner, epochs, callbacks = list()) {
  learner = learner$clone(deep = TRUE)$reset()
  # in another process, what callbacks keep would not be seen
  learner$encapsulate("none")
  learner$validate = NULL
  learner$callbacks = callbacks
  learner$param_set$set_values(epochs = as.integer(epochs), measures_train = list(), measures_valid = list(),
    patience = 0L, resume = NULL, keep_on_interrupt = FALSE)
  learner
}
