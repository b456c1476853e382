#' @title Find a Learning Rate
#'
#' @description
#' Trains a copy of the learner for a while with a learning rate that grows from batch to batch, and suggests a rate.
#' The learner itself, the task and R's random numbers stay as they are.
#'
#' @section The suggestion:
#' The first quarter of the batches is ignored as noise. Among the others, training begins to suffer at the rate with
#' the smallest smoothed loss; what comes after the loss has risen above its start again does not count. The suggestion
#' is this rate times 1.5 / sqrt(steps), but at most 1/2 and at least 1/30 of it, where `steps` is the number of steps
#' that the learner will make (`epochs` times batches).
#' `bench/README.md` in the sources compares training with this rate and with others.
#'
#' If the loss never falls clearly below its start, that is, by more than its first values scatter, there is no
#' suggestion but a warning of class `mlr3libtorch_warning_no_descent`.
#'
#' @param learner ([LearnerTorch], or a learner that has one inside, see [torch_learner()])\cr
#'   The learner. Its callbacks, validation and early stopping are left out. In a graph, what comes before the
#'   learner is trained once.
#' @param task ([mlr3::Task])\cr
#'   The task.
#' @param lr_min,lr_max (`numeric(1)`)\cr
#'   The first and the last learning rate.
#' @param n_batches (`integer(1)`)\cr
#'   The number of batches.
#' @param smooth (`numeric(1)`)\cr
#'   How much of the smoothed loss is kept in each batch; 0 smooths nothing.
#' @param diverged (`numeric(1)`)\cr
#'   The search ends when the smoothed loss has risen by so many times its value after the ignored batches, or is not
#'   finite.
#'
#' @return A [data.table::data.table()] of class `lr_finder` with the columns `step`, `lr`, `loss` and `smoothed`.
#'   Its attribute `suggestion` is a rate, or `NA`; `autoplot()` draws both.
#' @family Learner
#' @export
#' @examples
#' found = lr_finder(lrn("classif.mlp", epochs = 1, batch_size = 16), tsk("iris"))
#' attr(found, "suggestion")
#' if (requireNamespace("ggplot2", quietly = TRUE)) ggplot2::autoplot(found)
lr_finder = function(learner, task, lr_min = 1e-7, lr_max = 10, n_batches = 100, smooth = 0.9, diverged = 4) {
  parts = inner_parts(learner, assert_task(as_task(task)))
  assert_number(lr_min, lower = 1e-12, finite = TRUE)
  assert_number(lr_max, lower = lr_min, finite = TRUE)
  assert_int(n_batches, lower = 10)
  assert_number(smooth, lower = 0, upper = 0.999)
  assert_number(diverged, lower = 1)
  generator = r_generator_state()
  on.exit(set_r_generator_state(generator))
  recorder = new.env()
  recorder$rows = list()
  rates = lr_min * (lr_max / lr_min)^seq(0, 1, length.out = n_batches)
  callback = lr_finder_callback(recorder, rates, smooth, diverged)
  search = bare_learner(parts$learner, epochs = n_batches, callbacks = list(callback))
  # the search is meant to end badly
  ends = c("mlr3libtorch_warning_diverged", "mlr3libtorch_warning_worse_than_constant")
  suppressWarnings(search$train(parts$task), ends)
  rows = rbindlist(recorder$rows)
  ignored = ignored_batches(n_batches)
  suggestion = suggest_rate(rows, ignored, planned_steps(parts$learner, parts$task), smooth)
  if (is.na(suggestion)) warn_no_descent(rows, parts$learner$id)
  setattr(rows, "suggestion", suggestion)
  setattr(rows, "ignored", ignored)
  setattr(rows, "class", c("lr_finder", "data.table", "data.frame"))[]
}

# The number of steps of the training that the rate is for; NULL if it is not known.
planned_steps = function(learner, task) {
  values = learner$param_set$values
  if (test_count(values$epochs, positive = TRUE) && test_count(values$batch_size, positive = TRUE)) {
    values$epochs * ceiling(task$nrow / values$batch_size)
  }
}

ignored_batches = function(n_batches) max(3L, as.integer(n_batches %/% 4L))

lr_finder_callback = function(recorder, rates, smooth, diverged) {
  torch_callback("lr_finder",
    on_batch_begin = function() {
      step = self$ctx$global_step
      optimizer = self$ctx$optimizer
      set_learning_rates(optimizer, rep(rates[[step]], length(optimizer$param_groups)))
    },
    on_batch_end = function() {
      ctx = self$ctx
      step = ctx$global_step
      private$.mean = smooth * private$.mean + (1 - smooth) * ctx$last_loss
      # Corrects the bias towards the zero that the mean starts from.
      smoothed = private$.mean / (1 - smooth^step)
      recorder$rows[[step]] = data.table(step = as.integer(step), lr = rates[[step]], loss = ctx$last_loss,
        smoothed = smoothed)
      if (step <= ignored_batches(length(rates))) private$.start = smoothed
      has_diverged = smoothed - private$.start > diverged * abs(private$.start)
      if (step == length(rates) || !is.finite(smoothed) || has_diverged) {
        ctx$terminate = TRUE
        ctx$stop_epoch = TRUE
      }
    },
    private = list(.mean = 0, .start = 0)
  )
}

warn_no_descent = function(rows, id) {
  warn("no_descent", sprintf(paste("Learner '%s': the loss did not clearly fall at any learning rate from %s to %s, so",
    "there is no suggestion; look at `autoplot()` of the result, scale the features (`po(\"scale\")`), or search in",
    "more batches ('n_batches')."), id, format(rows$lr[[1L]], digits = 2L), format(rows$lr[[nrow(rows)]], digits = 2L)))
}

# The rate in the table that lies below that of the smallest loss by the right factor; NA if no loss is clearly smaller
# than the first ones.
suggest_rate = function(rows, ignored, steps, smooth) {
  first = rows$loss[seq_len(min(ignored, nrow(rows)))]
  # three standard errors of a smoothed loss
  noise = 3 * stats::sd(first) * sqrt((1 - smooth) / (1 + smooth))
  lowest = lowest_loss(rows$smoothed, ignored, mean(first), noise)
  if (is.null(lowest)) {
    return(NA_real_)
  }
  factor = if (is.null(steps)) 1 / 10 else min(max(1.5 / sqrt(steps), 1 / 30), 1 / 2)
  rows$lr[[max(1L, findInterval(rows$lr[[lowest]] * factor, rows$lr))]]
}

# The position of the smallest loss after the ignored ones. There is a fall between two rises above `start`; the first
# one that is at least half as deep as the deepest counts, since a fall after the loss has exploded is luck.
# NULL if none is deeper than `noise`.
lowest_loss = function(smoothed, ignored, start, noise) {
  position = which(seq_along(smoothed) > ignored & is.finite(smoothed))
  if (!length(position)) {
    return(NULL)
  }
  falls = split(position, cumsum(c(FALSE, diff(smoothed[position] < start) != 0)))
  lowest = map_int(unname(falls), function(fall) fall[[which.min(smoothed[fall])]])
  depth = start - smoothed[lowest]
  counts = depth > noise & depth >= max(depth) / 2
  if (any(counts)) lowest[[which.max(counts)]]
}
