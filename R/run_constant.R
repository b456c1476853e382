# A run that has learnt less than a constant prediction knows, which without a word looks like any other.

# By how much a loss must be worse, as a share of the constant's: dropout and a network that has just begun are not
# mistakes.
constant_tolerance = 0.1

# The mean over the first epoch includes the network that has not learnt anything, so it says nothing.
warn_worse_than_constant = function(run, model) {
  history = model$history
  if (NROW(history) < 2L) {
    return(invisible(model))
  }
  loss = history$train.loss[[nrow(history)]]
  constant = core_run_constant_loss(run$handle)
  if (is.null(constant) || !isTRUE(loss > constant + constant_tolerance * abs(constant))) {
    return(invisible(model))
  }
  learner = run$context$learner
  warn("worse_than_constant", sprintf(paste(
    "Learner '%s': after %i epochs the mean training loss is %s, but the best prediction that is the same for all rows",
    "has %s. Look at the learning rate (`opt.lr`, `lr_finder()`), at the number of epochs%s"
  ), learner$id, as.integer(model$epochs), loss_text(loss), loss_text(constant), scaling_remedy(learner)),
    fields = list(loss = loss, constant = constant))
}

loss_text = function(x) format(signif(x, 3L), big.mark = ",")

scaling_remedy = function(learner) {
  value = learner$param_set$values$scale
  if (isTRUE(value)) {
    " and at the regularisation."
  } else if (isFALSE(value)) {
    " and at the scale of features and target (`scale = TRUE`)."
  } else {
    " and at the scale of features and target (`po(\"scale\")`, `ppl(\"targettrafo\")`)."
  }
}
