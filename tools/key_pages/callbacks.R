# Pages of the callbacks that run in C++, such as `mlr_callback_set.ema`; that of a schedule is also the page of its
# function, such as `lr_step()`. Callbacks in R have pages of their own.

callback_pages = function() {
  entries = package$registry_entries("callback")
  natives = Filter(function(entry) {
    callback = package$mlr3libtorch_callbacks$get(entry$name)
    callback$man == paste0("mlr3libtorch::mlr_callback_set.", entry$name)
  }, entries)
  lapply(unname(natives), function(entry) {
    if ("schedule" %in% entry$tags) schedule_page(entry) else callback_page(entry)
  })
}

callback_page = function(entry) {
  key = entry$name
  list(
    name = paste0("mlr_callback_set.", key),
    title = paste("Callback:", entry$label),
    aliases = c(paste0("mlr_callbacks_", key), key),
    keys = key,
    description = sentence_of(entry$doc),
    sections = c(
      list("How to use it" = callback_use(entry), Parameters = parameter_list(entry$arguments)),
      source_section(list(entry))
    ),
    seealso = "[t_clbk()], [TorchCallback], [CallbackSetNative]",
    family = "Callback",
    examples = callback_example(entry)
  )
}

callback_use = function(entry) {
  weight = if (entry$weight != 0) {
    sprintf(" Its weight is %g, so it is called %s others of the same stage.", entry$weight,
      if (entry$weight > 0) "after" else "before")
  }
  paste0(sprintf("`t_clbk(\"%s\")`, given to a learner in `callbacks`. ", entry$name),
    sprintf("The learner has its parameters as `cb.%s.<name>`, which can be set and tuned like any other. ",
      entry$name),
    "It runs in C++: no R code is called in its stages.", weight)
}

callback_example = function(entry) {
  values = example_of("callback", entry)
  if (is.null(values)) stop("the callback '", entry$name, "' needs example values in tools/key_pages/texts.R")
  c(
    paste("callback =", call_text("t_clbk", c(list(entry$name), values))),
    "learner = lrn(\"classif.mlp\", callbacks = callback, epochs = 6, batch_size = 32, seed = 1)",
    "learner$train(tsk(\"iris\"))"
  )
}

schedule_page = function(entry) {
  page = callback_page(entry)
  name = entry$name
  page$title = paste("Schedule:", entry$label)
  page$usage = usage_of(name)
  page$params = param_texts(list(entry), name, schedule_argument)
  page$value = "A schedule, see [lr_scheduler()]."
  page$sections[["How to use it"]] = paste(c(
    paste("*", callback_use(entry)),
    sprintf("* In a training loop of your own: `%s()`, with an optimizer such as [optim_sgd()]; call `$step()`", name),
    "  after each epoch or batch.",
    sprintf("* `plot(t_clbk(\"%s\"))` draws the learning rate of a run (with ggplot2).", name)
  ), collapse = "\n")
  only = setdiff(names(entry$arguments), names(formals(package[[name]])))
  others = setdiff(names(formals(package[[name]])), c(names(entry$arguments), "..."))
  page$sections$Parameters = sprintf("Those of the callback are the arguments above without %s, and:\n\n%s",
    paste(sprintf("`%s`", others), collapse = ", "), parameter_list(entry$arguments[only]))
  page$sections = append(page$sections, list(State = paste("The schedule's state is kept in",
    sprintf("`learner$model$callbacks$%s`; a resumed run goes on from it.", name))), after = 2L)
  page$seealso = "[lr_schedules], [t_clbk()], [lr_scheduler()], [as_lr_scheduler()]"
  page$family = "Schedule"
  page$examples = c(page$examples, "", schedule_example(entry))
  page
}

schedule_example = function(entry) {
  values = c(list(quote(optimizer)), example_of("callback", entry))
  if (entry$name == "lr_one_cycle") values$total_steps = 10
  c(
    "# in a loop of your own",
    "optimizer = optim_sgd(torch_zeros(1, requires_grad = TRUE), lr = 0.1, momentum = 0.9)",
    paste("schedule =", call_text(entry$name, values)),
    "for (i in 1:6) schedule$step()",
    "schedule$get_last_lr()"
  )
}

schedule_argument = function(name) {
  switch(name,
    optimizer = paste0("([torch_optimizer])\\cr\n  The optimizer. Its rates when the schedule is made are those that ",
      "the schedule starts from."),
    total_steps = , epochs = , steps_per_epoch = paste0("(`integer(1)` or `NULL`)\\cr\n  The number of steps of the ",
      "cycle, either itself or as a product of epochs and steps of an epoch."),
    last_epoch = "(`integer(1)`)\\cr\n  The step after which the schedule starts; -1 starts at its beginning.",
    verbose = "(`logical(1)`)\\cr\n  Whether each step prints the rates.",
    stop("say what '", name, "' means in tools/key_pages/callbacks.R")
  )
}
