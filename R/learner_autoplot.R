#' @title Plot a Learner Inside Another One
#'
#' @description
#' Draws the learner of this package that a graph or an `AutoTuner` has inside, see [torch_learner()].
#' Needs ggplot2.
#'
#' @param object (`GraphLearner` or `AutoTuner`)\cr
#'   The learner.
#' @param ... (any)\cr
#'   As for the learner inside.
#' @return A ggplot.
#' @exportS3Method ggplot2::autoplot
autoplot.GraphLearner = function(object, ...) {
  require_namespaces("ggplot2")
  ggplot2::autoplot(torch_learner(object), ...)
}

#' @rdname autoplot.GraphLearner
#' @exportS3Method ggplot2::autoplot
autoplot.AutoTuner = function(object, ...) autoplot.GraphLearner(object, ...)
