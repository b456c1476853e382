#' @title Plot Where the Time of a Training Run Went
#'
#' @description
#' Draws `learner$model$timing`, a [data.table::data.table()] with the columns `stage`, `callback`, `calls`, `seconds`
#' and `share`: a row for each stage of each callback, and rows without a callback for what the loop does itself:
#' `data`, `forward`, `backward`, `step`, `validation` and `scores` (the measures).
#' If parameters are updated right after their gradients, that time is part of `backward`.
#'
#' The parts lie in the order in which the loop comes to them. Parts that took less than a thousandth of the time
#' are left out; a sentence below says how many. Needs ggplot2.
#'
#' @param object,x (`torch_timing`)\cr
#'   `learner$model$timing`.
#' @param ... (any)\cr
#'   Not used.
#' @return A ggplot.
#' @family Picture
#' @exportS3Method ggplot2::autoplot
#' @examplesIf mlr3misc::require_namespaces("ggplot2", quietly = TRUE)
#' learner = lrn("classif.mlp", neurons = 16, epochs = 10, batch_size = 32, seed = 1,
#'   callbacks = t_clbk("history"))
#' learner$train(tsk("iris"))
#' plot(learner$model$timing)
autoplot.torch_timing = function(object, ...) {
  require_namespaces("ggplot2")
  parts = timing_parts(object)
  total = sum(parts$seconds)
  small = parts$seconds < total / 1000
  shown = parts[!small, ]
  shown$part = factor(shown$part, rev(shown$part))
  ggplot2::ggplot(shown, ggplot2::aes(.data$seconds, .data$part, fill = .data$owner)) +
    ggplot2::geom_col(width = 0.7) +
    ggplot2::geom_text(ggplot2::aes(label = paste0(" ", percent(.data$seconds / total))), hjust = 0, size = 3,
      colour = picture_colours$ink) +
    ggplot2::scale_x_continuous(expand = ggplot2::expansion(mult = c(0, 0.14)), labels = plain_numbers) +
    ggplot2::scale_fill_manual(values = c("the loop" = picture_colours$blue, callbacks = picture_colours$orange),
      guide = if (uniqueN(shown$owner) > 1L) "legend" else "none") +
    ggplot2::labs(x = "Seconds", y = NULL, fill = NULL, caption = small_parts_note(parts[small, ], total),
      subtitle = sprintf("%s seconds in all", short_number(total))) +
    picture_theme() +
    ggplot2::theme(panel.grid.major.y = ggplot2::element_blank())
}

#' @rdname autoplot.torch_timing
#' @export
plot.torch_timing = function(x, ...) show_picture(x, ...)

# What the loop does itself and the stages of callbacks, in the order of a run.
loop_order = c("on_begin", "on_epoch_begin", "data", "on_batch_begin", "forward", "backward", "on_after_backward",
  "step", "on_batch_end", "on_before_valid", "on_batch_valid_begin", "validation", "on_batch_valid_end", "scores",
  "on_valid_end", "on_epoch_end", "on_stop", "on_end", "on_exit")

# A data.frame in the loop's order: part, owner, seconds.
timing_parts = function(timing) {
  parts = as.data.frame(as.list(timing))
  if (!nrow(parts) || !any(parts$seconds > 0)) {
    abort("config", "The timing is empty: no part of this run took any time that could be measured.")
  }
  parts = parts[order(match(parts$stage, loop_order)), ]
  is_loop = is.na(parts$callback)
  data.frame(part = ifelse(is_loop, parts$stage, paste0(parts$callback, ": ", parts$stage)),
    owner = factor(ifelse(is_loop, "the loop", "callbacks"), c("the loop", "callbacks")), seconds = parts$seconds)
}

small_parts_note = function(parts, total) {
  parts = parts[parts$seconds > 0, ]
  if (nrow(parts)) {
    sprintf("Left out: %i part%s below 0.1 %%, %s of the time.", nrow(parts), if (nrow(parts) > 1L) "s" else "",
      percent(sum(parts$seconds) / total))
  }
}
