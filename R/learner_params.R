# The parameters that every learner of this package has, and the checks of their values.

learner_param_set = function() {
  both = c("train", "predict")
  defaults = core_run_defaults()
  ps(
    epochs = p_whole(lower = 0L, tags = c("train", "required", "hotstart", "internal_tuning"), aggr = aggregate_epochs,
      in_tune_fn = tune_epochs, disable_in_tune = list(patience = 0L, measures_valid = list())),
    batch_size = p_whole(lower = 1L, tags = c(both, "required")),
    batch_size_predict = p_whole(lower = 1L, tags = both),
    mc_dropout = p_whole(lower = 2L, tags = "predict"),
    device = p_checked(check_device, init = defaults$device, tags = both),
    num_threads = p_whole(lower = 1L, init = defaults$num_threads, tags = c(both, "threads")),
    num_interop_threads = p_whole(lower = 1L, tags = both),
    seed = p_checked(check_seed, init = "random", tags = "train"),
    resume = p_checked(check_resume, tags = "train"),
    eval_freq = p_whole(lower = 1L, init = defaults$eval_freq, tags = "train"),
    measures_train = p_checked(check_measures, init = list(), tags = "train"),
    measures_valid = p_checked(check_measures, init = list(), tags = "train"),
    patience = p_whole(lower = 0L, init = 0L, tags = "train"),
    min_delta = p_dbl(lower = 0, init = 0, tags = "train"),
    restore_best_weights = p_lgl(init = FALSE, tags = "train"),
    shuffle = p_lgl(init = defaults$shuffle, tags = "train"),
    sampler = p_checked(check_sampler, tags = "train"),
    drop_last = p_lgl(init = defaults$drop_last, tags = "train"),
    num_workers = p_whole(lower = 0L, init = 0L, tags = both),
    pin_memory = p_lgl(init = FALSE, tags = both),
    tensor_dataset = p_lgl(init = TRUE, tags = "train"),
    plan = p_fct(c("auto", "off", "require"), init = defaults$plan, tags = "train"),
    keep_on_interrupt = p_lgl(tags = "train")
  )
}

# The epochs of several resampling iterations give those of the final model.
aggregate_epochs = crate(function(x) as.integer(ceiling(mean(unlist(x, use.names = FALSE)))), .parent = topenv())

# Internal tuning of `epochs` trains up to the upper bound and lets early stopping find the number.
tune_epochs = crate(function(domain, param_vals) tuned_epochs(domain, param_vals), .parent = topenv())

tuned_epochs = function(domain, param_vals) {
  if (!isTRUE(param_vals$patience > 0)) {
    abort("internal_tuning", "Internal tuning of 'epochs' needs early stopping: set the parameter 'patience' above 0.")
  }
  if (!length(param_vals$measures_valid)) {
    abort("internal_tuning", "Internal tuning of 'epochs' needs a validation measure: set 'measures_valid'.")
  }
  domain$upper
}

check_device = function(x) {
  if (test_string(x) && grepl("^(auto|cpu|mps|cuda(:[0-9]+)?)$", x)) {
    return(TRUE)
  }
  "must be 'auto', 'cpu', 'mps', 'cuda' or one of several such as 'cuda:0'"
}

check_seed = function(x) {
  if (is.null(x) || identical(x, "random") || test_int(x)) {
    return(TRUE)
  }
  "must be a whole number, \"random\" or NULL"
}

check_resume = function(x) {
  is_unfinished = inherits(x, "learner_torch_model") && !is.null(x$identity)
  if (is.null(x) || isTRUE(x) || test_string(x, min.chars = 1L) || is_unfinished) {
    return(TRUE)
  }
  paste("must be a checkpoint folder or file, TRUE for the checkpoint callback's folder, \"auto\" for the same if it",
    "has a checkpoint, an interrupted run's model, or NULL")
}

check_measures = function(x) {
  if (is.character(x)) {
    unknown = setdiff(x, mlr_measures$keys())
    if (!length(unknown)) {
      return(TRUE)
    }
    return(with_suggestion(sprintf("has '%s', which is not the key of a measure.", unknown[[1L]]), unknown[[1L]],
      mlr_measures$keys()))
  }
  if (is.null(x) || inherits(x, "Measure") || (is.list(x) && all(map_lgl(x, inherits, what = "Measure")))) {
    return(TRUE)
  }
  "must be a list of measures, as msrs() makes it, or keys of measures"
}

# Measures as a list, also for a single one or for keys.
as_measure_list = function(x) {
  if (inherits(x, "Measure")) {
    return(list(x))
  }
  if (is.character(x)) unname(msrs(x)) else as.list(x)
}

# The parameter values of a run; mlr3 has made sure that none is to be tuned. Values that were removed are the initial
# ones again.
run_values = function(param_set) {
  values = insert_named(cached("learner defaults", function() learner_param_set()$values), param_set$values)
  values$measures_train = as_measure_list(values$measures_train)
  values$measures_valid = as_measure_list(values$measures_valid)
  values
}
