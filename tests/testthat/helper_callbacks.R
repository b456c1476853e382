# A context for callbacks that are tested without a run: the fields they read, and a network of one weight.
fake_context = function(...) {
  context = new.env()
  defaults = list(epoch = 0L, total_epochs = 3L, evaluated = TRUE, terminate = FALSE, global_step = 0L,
    task_valid = NULL,
    measures_train = list(), measures_valid = list(), last_scores_train = NULL, last_scores_valid = NULL,
    loader_train = list(batches = 4L), loader_valid = list(batches = 2L), network = fake_network())
  given = list(...)
  list2env(c(defaults[setdiff(names(defaults), names(given))], given), context)
}

fake_network = function() {
  network = new.env()
  network$weight = torch_tensor(0)
  network$state_dict = function() list(w = network$weight)
  network$load_state_dict = function(state_dict) network$weight$copy_(state_dict$w)
  network
}

# Runs the stages of `set` over epochs with the given validation scores, as the loop does where all are evaluated.
# The network's weight is the epoch in which it was trained.
run_epochs = function(set, context, valid_scores) {
  set$ctx = context
  on.exit(set$ctx <- NULL)
  call = function(stage) if (is.function(set[[stage]])) set[[stage]]()
  call("on_begin")
  for (scores in valid_scores) {
    if (context$terminate) break
    context$epoch = context$epoch + 1L
    call("on_epoch_begin")
    context$network$weight$fill_(context$epoch)
    call("on_before_valid")
    context$last_scores_valid = scores
    call("on_valid_end")
    call("on_epoch_end")
  }
  call("on_end")
  call("on_exit")
  invisible(set)
}

# Checks class and words of an error at once.
expect_config_error = function(object, class, message) {
  condition = testthat::expect_error(object, class = paste0("mlr3libtorch_error_", class))
  testthat::expect_s3_class(condition, c("mlr3libtorch_error", "Mlr3ErrorConfig"), exact = FALSE)
  testthat::expect_match(conditionMessage(condition), message, fixed = TRUE)
}

# Arguments that are enough to run a built-in callback; files get names of their own.
built_in_arguments = function(key) {
  switch(key,
    checkpoint = list(path = tempfile(), freq = "3 batches"),
    clip_grad_norm = list(max_norm = 0.1),
    clip_grad_value = list(clip_value = 0.01),
    csv_logger = , jsonl_logger = list(path = tempfile()),
    ema = list(decay = 0.9),
    grad_accumulation = list(n_batches = 2),
    lr_cosine_annealing = list(T_max = 3),
    lr_cosine_restarts = list(T_0 = 2),
    lr_cyclic = list(base_lr = 0.001, max_lr = 0.1),
    lr_exponential = list(gamma = 0.9),
    lr_lambda = , lr_multiplicative = list(lr_lambda = function(epoch) 0.9),
    lr_one_cycle = list(max_lr = 0.1),
    lr_polynomial = list(total_iters = 3),
    lr_sequential = list(schedules = list(t_clbk("lr_warmup"), t_clbk("lr_step", step_size = 1)), milestones = 1),
    lr_step = list(step_size = 1),
    swa = list(start_epoch = 2),
    tb = list(path = tempfile(), log_train_loss = TRUE),
    time_limit = list(seconds = 3600),
    unfreeze = list(starting_weights = select_none(), unfreeze = data.table(epoch = 1, weights = select_all())),
    list()
  )
}
