#' @title Parameters of All Learners
#'
#' @name torch_learner_parameters
#'
#' @description
#' The parameters that every learner of this package has, besides those of its network, see [LearnerTorch].
#'
#' @section Parameters:
#' * `epochs` (`integer(1)`): how often every row is visited. Required. Can be tuned internally, see below.
#' * `batch_size` (`integer(1)`): rows in a step. Required.
#' * `batch_size_predict` (`integer(1)`, `batch_size`): rows at once in validation and prediction.
#' * `mc_dropout` (`integer(1)`): Monte Carlo dropout. Predicts that many times with dropout as in training, everything
#'   else as in prediction. Probabilities are averaged over the draws, and so are responses and quantiles in regression.
#'   Regression then has the predict type `"se"` with every loss: the standard deviation of the draws; with
#'   `"gaussian_nll"`, the root of their variance plus the mean of the predicted variances. The draws depend on the
#'   model's seed and on `batch_size_predict`. Dropout inside TorchScript is not affected.
#' * `device` (`character(1)`, `"auto"`): `"cpu"`, `"cuda"`, `"cuda:0"`, `"mps"`; `"auto"` takes the best available one.
#'   Training and prediction use the device that is set when they are called.
#' * `num_threads` (`integer(1)`, 1): how many threads share the work, at most as many as there are processors. The
#'   results do not depend on it, bit by bit. The compiled step (see `plan`) and predictions by it have threads of their
#'   own, which wait asleep and are left out while one thread is faster, as it may be beside other programs.
#'   Other networks are computed by LibTorch's operations. These have one thread unless R was started with the
#'   environment variable `OMP_WAIT_POLICY=passive`: LibTorch's threads wait by spinning otherwise, and beside another
#'   program that made training up to four times slower. With the variable, their results may differ by rounding from
#'   those of another number of threads.
#'   A forked process (`parallel::mclapply()`, `future::multicore`) has one thread, whatever is set: OpenMP would wait
#'   for threads that only its parent has. LibTorch 2 refuses autograd in a fork of a process that has used it; the
#'   compiled step works there, and processes of their own (`future::multisession`, mirai) have no such limits.
#'   `num_interop_threads` (`integer(1)`): how many operations of a TorchScript network may run in parallel, if its
#'   code says so. LibTorch accepts this number only once in a process; setting another one later gives a warning.
#' * `seed` (`"random"`, `integer(1)` or `NULL`): `"random"` draws one from R's generator; `NULL` takes one from
#'   the operating system and does not keep it. The same seed gives the same bits.
#' * `resume` (`NULL`, `character(1)`, `TRUE` or a model): what to go on from: a folder of checkpoints, one of its
#'   files, `TRUE` for the checkpoint callback's own folder, `"auto"` for the same if it has a checkpoint and otherwise
#'   a new run, or the model of a run that was interrupted (see below).
#'   `epochs` is the total, earlier ones included. See the section on going on.
#' * `eval_freq` (`integer(1)`, 1): epochs between two evaluations. The last epoch is always evaluated.
#' * `measures_train`, `measures_valid` (`list()` of [mlr3::Measure], or their keys, such as `"classif.acc"`): the
#'   measures to evaluate.
#' * `patience` (`integer(1)`, 0): training stops after so many evaluations without improvement of the first validation
#'   measure; with 0 it never does. `min_delta` (`numeric(1)`, 0): a smaller improvement counts as none.
#'   `min_epochs` (`integer(1)`, 0): training does not stop before this epoch; evaluations before it count.
#'   `restore_best_weights` (`logical(1)`, `FALSE`): end with the weights of the best evaluation, also of one before
#'   `min_epochs`.
#' * `shuffle` (`logical(1)`, `TRUE`): visit the rows in a new order in each epoch. `drop_last` (`logical(1)`, `FALSE`):
#'   leave out a last batch that is smaller. A last batch of one row is always left out if the network has batch
#'   normalisation, which cannot compute its variance.
#' * `sampler` (`function(n)`, `function(n, task)` or `NULL`): called with the number of training rows, and the training
#'   task if it has two arguments, at the start of each epoch, before the stage `on_epoch_begin`; returns the order
#'   in which the epoch visits the rows, as positions in `task$row_ids`; some may be repeated or missing. Its length
#'   decides how many batches the epoch has. Needs `shuffle = FALSE`. What it draws from R's generator does not depend
#'   on `seed`; a resumed run continues with the next random numbers. What [sampler()] returns works as well, and so do
#'   the objects that it makes: a generator is called once a run, with an object that has an item for each row, and the
#'   task in `$task`.
#' * `batch_sampler` (as `sampler`): returns a list instead, with the positions of each batch's rows, so batches may
#'   have any sizes; `batch_size` is then that of validation and prediction only. Needs `shuffle = FALSE` and
#'   `drop_last = FALSE`.
#' * `collate_fn` (`function(batch)` or `NULL`): called with each batch that is read, in training, validation and
#'   prediction: `list(x = <named list of tensors>, y = <tensor>)`, without `y` in prediction; returns such a list, with
#'   the same rows in the same order, since scores and predictions are those of the task's rows, and with `y` of the
#'   same shape. What it draws with R's generator does not depend on `seed`. With `workers`, it must find what it uses
#'   in itself, its environment or packages, as in `mlr3libtorch::torch_randn_like()`.
#'   From a [dataset()] of single items, which a subclass's method `.dataset()` may return, it gets the list of items
#'   instead. The rows are then read by R code, batch by batch, which is slower than tensors in memory. `scale`
#'   standardises by the rows as they were before.
#' * `plan` (`character(1)`, `"auto"`): whether the compiled training step is used, which is up to several times
#'   faster: `"auto"`: if loss and data allow it, for all nodes that it knows how to compute, while autograd computes
#'   the others; `"off"`: never; `"require"`: for all nodes, or else an error that names the reasons. `model$plan` and
#'   `ctx$plan` say whether it was used (`used`), why not, or for which nodes not (`reasons`), and in which `precision`.
#'   Both ways give the same losses except for rounding.
#' * `precision` (`character(1)`, `"float32"`): what the factors of matrix products are rounded to. With `"bfloat16"`,
#'   numbers with eight significant bits, large products take about half the time on processors that have an
#'   instruction for them (AVX-512 BF16: AMD since Zen 4, Intel since Cooper Lake); on others, the compiled step gives
#'   the same results and gains no time. Sums are float32, and so is everything else: weights, optimizer,
#'   normalisations, losses. Wide networks, TabM and transformers gain most; small networks, most convolutions and
#'   recurrent layers gain little or nothing. Autograd uses LibTorch's autocast instead, which also rounds what products
#'   give. Training and prediction use the precision that is set when they are called. Only on the CPU: choose
#'   `device = "cpu"` if there is another one.
#' * `keep_on_interrupt` (`logical(1)`): whether an interrupt returns a learner with `model$interrupted` instead of an
#'   error; by default it does in interactive sessions. See the section on stopping.
#' * `opt.*`, `loss.*`, `cb.<id>.*`: those of the optimizer, the loss and the callbacks. The weights in
#'   `loss.class_weight` may have the classes' names, in any order; without names they are in the order of the levels.
#'   Of two classes, the positive one is the first level.
#' * `data` (`character(1)`, `"auto"`): where the rows are. `"memory"`: as tensors in memory. `"mapped"`: in a file that
#'   is mapped into memory, from which the system loads what is needed: that of [map_task()], or else one that the
#'   learner writes into the session's folder (see [mlr3libtorch_options]) and finds again. `"auto"`: mapped if the task
#'   comes from [map_task()], or if its tensors would take more than half of the memory that is free; otherwise in
#'   memory. `"device"`: as tensors in the memory of `device`, to which they are moved once, before training; each batch
#'   is gathered there. That saves a GPU the wait for each batch; the rows must fit beside the network. Rows that are
#'   read batch by batch are refused. On the CPU, and in prediction, it is the same as `"memory"`. The results do not
#'   depend on it, bit by bit.
#' * `num_workers` (`integer(1)`, 0): threads that read batches ahead while the network is trained, or predicts, if the
#'   rows are read by C++ code, such as those of mapped files; with 0, the loop reads each batch when it needs it. The
#'   results do not depend on it, bit by bit. It has no effect on data in memory and on rows that are read by R code,
#'   and a warning says so once in a session.
#' * `workers` (`integer(1)` or [torch_workers()], 1): over how many processes a run is spread; each computes its share
#'   of the rows of a batch. The result is that of one process, except for rounding, and the same seed and number of
#'   workers give the same bits. Workers also share the rows of a prediction, without `mc_dropout`, if its first batch
#'   shows that this is faster; the bits are those of one process. `sync_batch_norm` (`logical(1)`, `TRUE`): whether
#'   batch normalisation then takes its statistics of the whole batch, as one process does, or each worker those of its
#'   share.
#' * `jit_trace`, `pin_memory`, `tensor_dataset`, `timeout`, `worker_globals`, `worker_init_fn`,
#'   `worker_packages`: accepted, without effect. All data are tensors before the first batch, and a batch is a view or
#'   one copy of rows. A network is compiled where that is possible, see `plan`. A warning says so once in a session.
#'
#' @section Case weights:
#' A task with a column of role `weights_learner` weighs its rows in the loss, unless the field `use_weights` is
#' `"ignore"`: the mean over a batch is the sum of weight times loss, divided by the sum of the weights; with
#' `loss.reduction = "sum"`, it is the sum alone. Class weights of the loss are multiplied by the case weights.
#' So the learning rate needs no change if all weights are multiplied by a number. A row of weight 0 changes only
#' the size of its batch and the input of batch normalisation. `$internal_valid_scores` are those of mlr3's measures,
#' which have weights of their own (role `weights_measure`).
#'
#' @section Stopping:
#' With `keep_on_interrupt`, an interrupt (Ctrl-C) ends training after the current batch or validation; R code of a
#' callback is finished first. `$train()` then returns a valid learner whose `model$interrupted` is `TRUE`. A hotstart
#' from this learner, or `resume = learner$model`, goes on with the next batch and ends with the same bits as a run that
#' never stopped; the stage `on_epoch_begin` is not called again for an epoch that has begun. A second interrupt ends
#' training at once, and then this does not hold.
#'
#' Without `keep_on_interrupt`, an interrupt is a condition that ends `$train()`, as errors do. [last_model()] gets the
#' weights of the last complete step from the condition.
#'
#' SIGTERM ends training after the current batch: every callback's stage `on_exit` is called, then the signal is sent
#' again and does what it would have done. If it does nothing, `$train()` ends as after an interrupt.
#'
#' If a run stops between two batches, because of an interrupt that is kept or of SIGTERM, a checkpoint callback writes
#' a last checkpoint: `resume` goes on with the next batch and loses none.
#'
#' @section Going on:
#' `resume`, a hotstart and the model of an interrupted run continue a run with the same bits as if it had never
#' stopped, given the same task, rows and settings. In the middle of an epoch the order of the rows is kept, so each is
#' visited once, even with another batch size. Settings that differ from those of the run are treated one by one:
#'
#' `r mlr3libtorch:::rd_resume_settings()`
#'
#' `learner$continue(task, epochs = 10)` trains a learner ten epochs further, without a checkpoint, with the same bits
#' as if `epochs` had been larger from the start; the parameter `epochs` is then that total. Validation rows that were
#' drawn by a ratio are the same again. The schedules `lr_one_cycle` and, without `T_max`, `lr_cosine_annealing` are
#' made for the length of one run: with more epochs, they go on in a longer cycle. After early stopping, the run has its
#' patience again, and with
#' `restore_best_weights` it goes on from the restored weights.
#'
#' A script that is killed and started again, as by a cluster's queue, needs `resume = "auto"` and a checkpoint callback
#' with a folder that stays the same.
#'
#' @section Internal tuning:
#' `epochs = to_tune(upper = 100, internal = TRUE)` together with `patience` above 0, a validation measure and the field
#' `validate` finds the number of epochs by early stopping.
#'
#' @family Learner
#' @examples
#' learner = lrn("classif.mlp", epochs = 10, batch_size = 32, neurons = 16)
#' learner$configure(opt.lr = 0.01, patience = 5, measures_valid = msr("classif.ce"), validate = 0.3)
#' learner$param_set$ids()
NULL

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
    min_epochs = p_whole(lower = 0L, init = 0L, tags = "train"),
    restore_best_weights = p_lgl(init = FALSE, tags = "train"),
    shuffle = p_lgl(init = defaults$shuffle, tags = "train"),
    sampler = p_checked(check_sampler, tags = "train"),
    batch_sampler = p_checked(check_batch_sampler, tags = "train"),
    collate_fn = p_checked(check_collate, tags = both),
    drop_last = p_lgl(init = defaults$drop_last, tags = "train"),
    data = p_fct(c("auto", "memory", "mapped", "device"), init = "auto", tags = both),
    num_workers = p_whole(lower = 0L, init = 0L, tags = both),
    workers = p_checked(check_workers, init = 1L, tags = both),
    sync_batch_norm = p_lgl(init = defaults$sync_batch_norm, tags = "train"),
    pin_memory = p_lgl(init = FALSE, tags = both),
    tensor_dataset = p_checked(check_tensor_dataset, init = TRUE, tags = "train"),
    jit_trace = p_lgl(default = FALSE, tags = "train"),
    timeout = p_dbl(default = -1, tags = both),
    worker_globals = p_uty(tags = both), worker_init_fn = p_uty(tags = both), worker_packages = p_uty(tags = both),
    plan = p_fct(c("auto", "off", "require"), init = defaults$plan, tags = "train"),
    precision = p_fct(c("float32", "bfloat16"), init = defaults$precision, tags = both),
    keep_on_interrupt = p_lgl(tags = "train")
  )
}

#' @title The Batch Size of a Phase
#'
#' @description
#' The number of rows that a learner takes at once in training or in prediction.
#'
#' @param param_vals (named `list()`)\cr
#'   A learner's parameter values.
#' @param phase (`character(1)`)\cr
#'   `"train"` or `"predict"`.
#' @return (`integer(1)` or `NULL`): `NULL` if no batch size is set.
#' @family Learner
#' @export
#' @examples
#' get_batch_size(list(batch_size = 16, batch_size_predict = 32), "predict")
get_batch_size = function(param_vals, phase) {
  if (!test_choice(phase, c("train", "predict"))) {
    abort("argument", sprintf("get_batch_size(): 'phase' must be 'train' or 'predict', not %s.",
      as_short_string(phase)))
  }
  # `$` would take batch_size_predict for batch_size
  own = if (phase == "predict") param_vals[["batch_size_predict"]]
  own %??% param_vals[["batch_size"]]
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

check_tensor_dataset = function(x) {
  if (test_flag(x) || identical(x, "device")) TRUE else "must be TRUE, FALSE or \"device\""
}

check_measures = function(x) {
  if (is.character(x)) {
    unknown = setdiff(x, mlr_measures$keys())
    if (!length(unknown)) {
      return(TRUE)
    }
    return(unknown_measure(unknown[[1L]]))
  }
  if (is.null(x) || inherits(x, "Measure") || (is.list(x) && all(map_lgl(x, inherits, what = "Measure")))) {
    return(TRUE)
  }
  "must be a list of measures, as msrs() makes it, or keys of measures"
}

# "rmse" is short for "regr.rmse", and means it.
unknown_measure = function(name) {
  keys = mlr_measures$keys()
  meant = keys[sub("^[^.]*[.]", "", keys) == name]
  sentence = sprintf("has '%s', which is not the key of a measure", name)
  if (length(meant)) {
    return(sprintf("%s; did you mean %s?", sentence, str_collapse(meant, quote = "'", sep = " or ")))
  }
  with_suggestion(paste0(sentence, "."), name, keys)
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
