#' @title Pictures of a Trained Learner
#'
#' @description
#' Draws what a training left behind, or the learner's predictions. Needs ggplot2.
#'
#' @section Types:
#' * `"history"`: the learning curves, see [autoplot.torch_history()]; with early stopping, its best epoch is marked.
#' * `"lr"`: the learning rate of each epoch's last batch.
#' * `"network"`: the nodes of the network, see [autoplot.torch_spec()], and what the compiled step could not take.
#' * `"prediction"`: predictions beside the truth of `task`: points with their intervals if the learner predicts
#'   standard errors or quantiles, a table of counts for classes.
#' * `"timing"`: where the time went, see [autoplot.torch_timing()].
#' * `"norms"`, `"throughput"`: what these callbacks kept, see [autoplot.torch_norms()] and
#'   [autoplot.torch_throughput()].
#'
#' @param object,x ([LearnerTorch], `GraphLearner` or `AutoTuner`)\cr
#'   A trained learner. One that has a learner of this package inside (see [torch_learner()]) stands for that, but
#'   predicts as a whole.
#' @param type (`character(1)`)\cr
#'   What to draw.
#' @param task ([mlr3::Task])\cr
#'   For `"prediction"`: the task.
#' @param row_ids (`integer()` or `NULL`)\cr
#'   For `"prediction"`: the rows to predict; all unless given. Rows that were not trained on tell more.
#' @param ... (any)\cr
#'   For `plot()` the other arguments.
#' @return A ggplot.
#' @family Picture
#' @exportS3Method ggplot2::autoplot
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' learner = lrn("regr.mlp", epochs = 20, batch_size = 8, neurons = 8)
#' learner$train(tsk("mtcars"))
#' ggplot2::autoplot(learner, type = "network")
#' ggplot2::autoplot(learner, type = "prediction", task = tsk("mtcars"))
autoplot.LearnerTorch = function(object, type = "history", task = NULL, row_ids = NULL, ...) {
  draw_learner(object, object$model, type, task, row_ids)
}

#' @rdname autoplot.LearnerTorch
#' @exportS3Method ggplot2::autoplot
autoplot.GraphLearner = function(object, type = "history", task = NULL, row_ids = NULL, ...) {
  draw_learner(object, torch_learner(object)$model, type, task, row_ids)
}

#' @rdname autoplot.LearnerTorch
#' @exportS3Method ggplot2::autoplot
autoplot.AutoTuner = autoplot.GraphLearner

#' @rdname autoplot.LearnerTorch
#' @export
plot.LearnerTorch = function(x, ...) show_picture(x, ...)

#' @rdname autoplot.LearnerTorch
#' @export
plot.GraphLearner = function(x, ...) show_picture(x, ...)

#' @rdname autoplot.LearnerTorch
#' @export
plot.AutoTuner = function(x, ...) show_picture(x, ...)

# How each type is drawn, except predictions: functions of a model and its learner.
model_pictures = list(
  history = function(model, learner) {
    ggplot2::autoplot(model_history(model), best_epoch = best_of_run(torch_learner(learner), model)$epoch)
  },
  lr = function(model, learner) draw_rates(model_history(model)),
  network = function(model, learner) {
    data = model$network
    hinders = hindering_nodes(data$spec, model$plan)
    draw_network(spec_layout(data$spec, network_sizes(network_handle(data))), data$spec$outputs, hinders,
      plan_note(model$plan, hinders))
  },
  timing = function(model, learner) {
    ggplot2::autoplot(model$timing %??%
      abort("config", "The model has no timing, since its run did not come to its end."))
  },
  norms = function(model, learner) ggplot2::autoplot(callback_table(model, "norms")),
  throughput = function(model, learner) ggplot2::autoplot(callback_table(model, "throughput"))
)

draw_learner = function(learner, model, type, task, row_ids) {
  require_namespaces("ggplot2")
  known = c(names(model_pictures), "prediction")
  if (!test_choice(type, known)) {
    abort_unknown_key("type of picture", type, known)
  }
  if (is.null(model)) {
    abort("model", sprintf("Learner '%s' has not been trained, so there is nothing to draw.", learner$id))
  }
  if (type != "prediction") {
    return(model_pictures[[type]](assert_model(unmarshal_model(model)), learner))
  }
  if (is.null(task)) {
    abort("argument", "A picture of predictions needs a task: `autoplot(learner, type = \"prediction\", task = task)`.")
  }
  draw_prediction(learner$predict(task, row_ids))
}

model_history = function(model) history_with_seconds(model) %??% as_history(no_history())

callback_table = function(model, id) {
  model$callbacks[[id]] %??% abort("config", sprintf(paste("The learner was trained without the callback '%s'; train",
    "it with `callbacks = t_clbk(\"%s\")`."), id, id))
}

draw_rates = function(history) {
  if (!length(history$lr)) {
    abort("config", "The run has no epoch, so there is no learning rate to draw.")
  }
  curve = data.frame(x = history$epoch, y = history$lr, panel = "", line = "", cut = FALSE)
  ggplot2::ggplot(curve, ggplot2::aes(.data$x, .data$y)) +
    lines_and_points(curve, colour = picture_colours$blue) +
    epoch_scale(curve$x) +
    ggplot2::scale_y_continuous(limits = c(0, NA), expand = ggplot2::expansion(mult = c(0, 0.08))) +
    ggplot2::labs(x = "Epoch", y = "Learning rate of the last batch") +
    picture_theme()
}

# The ids of nodes that the core names as reasons against the compiled step.
hindering_nodes = function(spec, plan) {
  ids = map_chr(spec$nodes, "id")
  keep(ids, function(id) any(startsWith(as.character(plan$reasons), sprintf("node '%s' (", id))))
}

plan_note = function(plan, hinders) {
  if (is.null(plan)) {
    return(NULL)
  }
  if (plan$used) {
    except = if (length(hinders)) ", except for the nodes that are not compiled"
    return(paste0("Trained by the compiled step", except, "."))
  }
  if (length(hinders)) {
    return("Trained by autograd, because of the nodes that are not compiled.")
  }
  reasons = if (length(plan$reasons)) paste0(": ", str_collapse(plan$reasons, sep = "; ")) else ""
  picture_subtitle(paste0("Trained by autograd", reasons, "."))
}
