# A run that has learnt less than a constant prediction knows, which without a word looks like any other.

# By how much a loss must be worse, as a share of the constant's: dropout and a network that has just begun are not
# mistakes.
constant_tolerance = 0.03

# Fewer steps than these may be on their way, which is not a mistake as long as the loss falls.
telling_steps = 100L

warn_worse_than_constant = function(run, model) {
  losses = model$history$train.loss
  if (!is_telling(losses, run$context$global_step)) {
    return(invisible(model))
  }
  loss = losses[[length(losses)]]
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

# The mean over the first epoch includes the network that has not learnt anything, so it says nothing. In a run of few
# steps, as in a trial or at the bottom of a tuning ladder, a loss that has fallen says nothing either.
is_telling = function(losses, steps) {
  epochs = length(losses)
  epochs > 1L && (steps >= telling_steps || !isTRUE(losses[[epochs]] < losses[[1L]]))
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
