#' @title Find a Learning Rate
#'
#' @description
#' Trains a copy of the learner for a while with a learning rate that grows from batch to batch, and keeps the losses.
#' A good learning rate is where the loss falls steepest.
#' The learner itself, the task and R's random numbers stay as they were.
#'
#' @param learner ([LearnerTorch])\cr
#'   The learner. Its callbacks are left out, as are validation and early stopping.
#' @param task ([mlr3::Task])\cr
#'   The task.
#' @param lr_min,lr_max (`numeric(1)`)\cr
#'   The first and the last learning rate.
#' @param n_batches (`integer(1)`)\cr
#'   The number of batches.
#' @param smooth (`numeric(1)`)\cr
#'   How much of the smoothed loss is kept in each batch; 0 smooths nothing.
#' @param diverged (`numeric(1)`)\cr
#'   The search ends where the smoothed loss is so many times the smallest one, or not finite.
#'
#' @return A [data.table::data.table()] of class `lr_finder` with the columns `step`, `lr`, `loss` and `smoothed`.
#'   Its attribute `suggestion` is the rate where the smoothed loss falls steepest; `autoplot()` draws both.
#' @export
#' @examples
#' found = lr_finder(lrn("classif.mlp", epochs = 1, batch_size = 16), tsk("iris"))
#' attr(found, "suggestion")
#' ggplot2::autoplot(found)
lr_finder = function(learner, task, lr_min = 1e-7, lr_max = 10, n_batches = 100, smooth = 0.9, diverged = 4) {
  assert_class(learner, "LearnerTorch")
  assert_task(as_task(task))
  assert_number(lr_min, lower = 1e-12, finite = TRUE)
  assert_number(lr_max, lower = lr_min, finite = TRUE)
  assert_int(n_batches, lower = 2)
  assert_number(smooth, lower = 0, upper = 0.999)
  assert_number(diverged, lower = 1)
  generator = r_generator_state()
  on.exit(set_r_generator_state(generator))
  recorder = new.env()
  recorder$rows = list()
  callback = lr_finder_callback(recorder, lr_min * (lr_max / lr_min)^seq(0, 1, length.out = n_batches), smooth,
    diverged)
  suppressWarnings(train_for_search(learner, callback, n_batches)$train(task), "mlr3libtorch_warning_diverged")
  as_lr_finder(rbindlist(recorder$rows))
}

# A copy of the learner that does nothing but train, for as many batches as are wanted.
train_for_search = function(learner, callback, n_batches) {
  learner = learner$clone(deep = TRUE)$reset()
  # in another process the losses would not be seen
  learner$encapsulate("none")
  learner$validate = NULL
  learner$callbacks = list(callback)
  learner$param_set$set_values(epochs = as.integer(n_batches), measures_train = list(), measures_valid = list(),
    patience = 0L, resume = NULL, keep_on_interrupt = FALSE)
  learner
}

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
      # Undoes the pull towards the zero that the mean starts from.
      smoothed = private$.mean / (1 - smooth^step)
      recorder$rows[[step]] = data.table(step = as.integer(step), lr = rates[[step]], loss = ctx$last_loss,
        smoothed = smoothed)
      private$.best = min(private$.best, smoothed)
      if (step == length(rates) || !is.finite(smoothed) || smoothed > diverged * private$.best) {
        ctx$terminate = TRUE
        ctx$stop_epoch = TRUE
      }
    },
    private = list(.mean = 0, .best = Inf)
  )
}

as_lr_finder = function(rows) {
  slopes = diff(rows$smoothed) / diff(log(rows$lr))
  steepest = which.min(slopes)
  suggestion = if (length(steepest) && slopes[[steepest]] < 0) rows$lr[[steepest]] else NA_real_
  setattr(rows, "suggestion", suggestion)
  setattr(rows, "class", c("lr_finder", "data.table", "data.frame"))[]
}

#' @title Plot a Search for a Learning Rate
#'
#' @description
#' Draws the losses that [lr_finder()] met, smoothed and as they were, and the suggested rate. Needs ggplot2.
#'
#' @param object (`lr_finder`)\cr
#'   What [lr_finder()] returned.
#' @param ... (any)\cr
#'   Not used.
#' @return A ggplot.
#' @exportS3Method ggplot2::autoplot
autoplot.lr_finder = function(object, ...) {
  require_namespaces("ggplot2")
  .data = ggplot2::.data
  suggestion = attr(object, "suggestion")
  plot = ggplot2::ggplot(as.data.frame(object), ggplot2::aes(x = .data$lr)) +
    ggplot2::geom_line(ggplot2::aes(y = .data$loss), alpha = 0.3, na.rm = TRUE) +
    ggplot2::geom_line(ggplot2::aes(y = .data$smoothed), na.rm = TRUE) +
    ggplot2::scale_x_log10() +
    ggplot2::labs(x = "Learning rate", y = "Loss") +
    ggplot2::theme_minimal()
  if (is.na(suggestion)) plot else plot + ggplot2::geom_vline(xintercept = suggestion, linetype = "dashed")
}
