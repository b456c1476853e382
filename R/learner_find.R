#' @title The Learner of This Package Inside Another One
#'
#' @description
#' Finds the learner with the network in a `GraphLearner`, an `AutoTuner`, or several of these inside each other. The
#' functions that take a [LearnerTorch], such as [dry_run()], [lr_finder()], [jit_save()] and `summary()`, look it up in
#' this way.
#'
#' Of a learner that has been trained, a copy with its model is returned, so changing it does not change the outer one;
#' otherwise the learner itself, whose parameters can be set.
#'
#' @param learner ([mlr3::Learner])\cr
#'   A learner that has a learner of this package in it, or is one.
#' @param id (`character(1)` or `NULL`)\cr
#'   Which one, if there are several: the id of its pipeop.
#' @return A [LearnerTorch].
#' @section Errors:
#' None, or several of which none was chosen: `mlr3libtorch_error_argument`; the message has their ids.
#' @family Learner
#' @export
#' @examples
#' library("mlr3pipelines")
#' graph = as_learner(po("scale") %>>% lrn("classif.mlp", epochs = 5, batch_size = 50))
#' graph$train(tsk("iris"))
#' torch_learner(graph)$history
torch_learner = function(learner, id = NULL) {
  if (inherits(learner, "LearnerTorch")) {
    return(learner)
  }
  if (!inherits(learner, "Learner")) {
    abort("argument", sprintf("'learner' must be a learner of this package, or one that has it inside, not %s.",
      as_short_string(learner)), fields = list(argument = "learner"))
  }
  found = learners_inside(learner)
  if (!is.null(id)) {
    assert_string(id)
    if (id %nin% names(found)) {
      abort_unknown_key("learner of this package in the graph", id, names(found))
    }
    return(found[[id]])
  }
  assert_one_inside(found, learner)
  found[[1L]]
}

assert_one_inside = function(found, learner) {
  if (!length(found)) {
    abort("argument", sprintf("Learner '%s' must have a learner of this package in it, but it has none.", learner$id))
  }
  if (length(found) > 1L) {
    abort("argument", sprintf("Learner '%s' must have one learner of this package in it, but it has %i: %s; %s.",
      learner$id, length(found), str_collapse(names(found), quote = "'", n = 10L),
      sprintf("take one of them by `torch_learner(learner, id = \"%s\")`", names(found)[[1L]])),
      fields = list(known = names(found)))
  }
}

# The learners of this package in a learner, trained if it is, by the ids of their pipeops.
learners_inside = function(learner, id = learner$id) {
  if (inherits(learner, "LearnerTorch")) {
    return(set_names(list(learner), id))
  }
  if (isTRUE(get0("marshaled", learner))) learner$unmarshal()
  if (inherits(learner, "AutoTuner")) {
    return(learners_inside(learner$learner, id))
  }
  if (!inherits(learner, "GraphLearner")) {
    return(list())
  }
  found = imap(unname(learner$graph_model$pipeops), function(pipeop, i) {
    inner = get0("learner_model", pipeop) %??% get0("learner", pipeop)
    # a pipeop has several if it was trained on a Multiplicity
    inner = keep(if (inherits(inner, "Multiplicity")) unclass(inner) else list(inner), inherits, what = "Learner")
    unlist(map(inner, function(x) learners_inside(x, pipeop$id)), recursive = FALSE)
  })
  as.list(unlist(found, recursive = FALSE))
}

# The learner of this package, untrained or not, and the task that reaches it: list(learner, task). What comes before it
# in a graph is trained.
inner_parts = function(learner, task) {
  if (inherits(learner, "AutoTuner")) {
    return(inner_parts(learner$learner, task))
  }
  if (!inherits(learner, "GraphLearner")) {
    return(list(learner = torch_learner(learner), task = task))
  }
  assert_one_inside(learners_inside(learner), learner)
  graph = learner$graph$clone(deep = TRUE)
  has_it = map_lgl(graph$pipeops, function(pipeop) {
    inner = get0("learner", pipeop)
    inherits(inner, "Learner") && length(learners_inside(inner)) == 1L
  })
  last = names(which(has_it))
  inner = graph$pipeops[[last]]$learner$clone(deep = TRUE)
  before = pipeops_before(graph, last)
  if (!length(before)) {
    return(inner_parts(inner, task))
  }
  graph$edges = graph$edges[graph$edges$dst_id %in% before, ]
  graph$pipeops = graph$pipeops[before]
  result = graph$train(task)[[1L]]
  if (inherits(result, "torch_descriptor")) {
    get_private(inner)$.configure(result)
    result = result$task
  }
  inner_parts(inner, result)
}

pipeops_before = function(graph, id) {
  found = character()
  waiting = id
  while (length(waiting)) {
    waiting = setdiff(graph$edges$src_id[graph$edges$dst_id %in% waiting], found)
    found = c(found, waiting)
  }
  intersect(names(graph$pipeops), found)
}

# The ids of pipeops that change features or predictions outside of the network: all but the learner's own and those
# that describe the network.
steps_outside = function(learner) {
  if (inherits(learner, "LearnerTorch")) {
    return(character())
  }
  if (inherits(learner, "AutoTuner")) {
    return(steps_outside(learner$learner))
  }
  unlist(map(unname(learner$graph$pipeops), function(pipeop) {
    inner = get0("learner", pipeop)
    if (inherits(inner, "Learner")) {
      return(steps_outside(inner))
    }
    if (!inherits(pipeop, "PipeOpNOP") && !is_network_pipeop(pipeop)) pipeop$id
  }))
}

# Those of this package describe the network.
is_network_pipeop = function(pipeop) identical(topenv(pipeop$.__enclos_env__), topenv())
