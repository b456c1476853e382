# What a learner says of itself when it is printed.

# `parts`: the private environment of the learner.
print_learner_parts = function(learner, parts) {
  callbacks = if (length(parts$.callbacks)) names(parts$.callbacks) else "-"
  cat_cli({
    cli::cli_li("Optimizer: {parts$.optimizer$id}")
    cli::cli_li("Loss: {parts$.loss$id}")
    cli::cli_li("Callbacks: {callbacks}")
  })
  model = learner$model
  if (inherits(model, "learner_torch_model")) {
    facts = run_facts(learner, model)
    cat_cli({
      cli::cli_li("Trained: {facts$trained}")
      cli::cli_li("Last epoch: {facts$last}")
      if (!is.null(facts$best)) cli::cli_li("Best epoch: {facts$best}")
      cli::cli_li("Network: {facts$network}")
      cli::cli_li("Step: {facts$step}")
    })
  }
}

# The run that a model comes from, in words: list(trained, last, best, network, step).
run_facts = function(learner, model) {
  sizes = map_dbl(network_parameters(model), function(parameter) prod(parameter$shape))
  best = best_of_run(learner, model)
  list(
    trained = trained_text(model),
    last = last_epoch_text(model),
    best = if (!is.null(best)) sprintf("%i (%s)", best$epoch, score_text(best$name, best$score)),
    network = sprintf("%s parameters", format(sum(sizes), big.mark = ",", scientific = FALSE)),
    step = step_text(model$plan)
  )
}

step_text = function(plan) {
  reasons = if (length(plan$reasons)) sprintf(" (%s)", str_collapse(plan$reasons, sep = "; "))
  # a model of an earlier version has no precision
  numbers = if (identical(plan$precision, "bfloat16")) ", products in bfloat16"
  paste0(if (isTRUE(plan$used)) "compiled" else "by autograd", numbers, reasons)
}

network_parameters = function(model) model$network$parameters

# The seconds of all epochs whose times are known.
run_total_seconds = function(model) sum(attr(model$timing, "epoch_seconds"), na.rm = TRUE)

# "all 60 epochs, in 24 s"; "22 epochs, in 9.3 s: no improvement for 5 evaluations; best at epoch 17".
trained_text = function(model) {
  time = duration_text(run_total_seconds(model))
  stopped = model$stopped
  if (identical(stopped$reason, "epochs")) {
    return(sprintf("%s, in %s", stopped$text, time))
  }
  epochs = if (model$epochs == 1) "1 epoch" else sprintf("%i epochs", as.integer(model$epochs))
  reason = stopped$text %??% if (isTRUE(model$interrupted)) "interrupted"
  sprintf("%s, in %s%s", epochs, time, if (is.null(reason)) "" else paste(":", reason))
}

last_epoch_text = function(model) {
  scores = last_results(model)
  if (!length(scores)) "-" else str_collapse(imap_chr(scores, function(score, name) score_text(name, score)))
}

score_text = function(name, score) sprintf("%s = %s", name, format(score, digits = 4L))

# Losses and scores of the last epoch, by name; those of the restored weights, if an earlier epoch's are restored.
last_results = function(model) {
  history = model$history
  if (is.null(history) || !nrow(history)) {
    return(list())
  }
  columns = grep("^(train|valid)[.]", names(history), value = TRUE)
  last = as.list(history[nrow(history), columns, with = FALSE])
  discard(last, is.na)
}

# With early stopping, the epoch that it has found.
best_of_run = function(learner, model) {
  best_of_history(model$history, as_measure_list(learner$param_set$values$measures_valid),
    model$callbacks$early_stopping$best_epochs)
}
