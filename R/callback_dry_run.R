#' @title What Training Would Call
#'
#' @description
#' Lists, without training, what a learner's callbacks do in a run: the stages in their order, and for each stage
#' the callbacks in the order in which they are called, whether they run in R or in C++, how often, and which fields
#' of the context ([ContextTorch]) they read and write.
#'
#' The fields that a callback written in R uses are found in the code of its stage function and of the callback's
#' methods that it calls; what other functions do with the context is not seen.
#' Callbacks in C++ use the core's data, not these fields.
#'
#' @param learner ([LearnerTorch], or a learner that has one inside, see [torch_learner()])\cr
#'   The learner; it is not changed.
#' @param task ([mlr3::Task] or `NULL`)\cr
#'   With a task, the learner's settings are checked as `$train()` would check them; in a graph, what comes before the
#'   learner is trained. Needed for a graph that builds a network, whose callbacks come from its pipeops.
#' @return An object of class `torch_dry_run` that can be printed: a list with the learner's `id` and a
#'   [data.table::data.table()] `calls`, with the columns `stage`, `callback`, `language` (`"R"` or `"C++"`), `called`
#'   (how often), `reads` and `writes` (lists of `character()`).
#' @family Callback
#' @export
#' @examplesIf mlr3misc::require_namespaces("mlr3", quietly = TRUE)
#' learner = mlr3::lrn("classif.mlp", epochs = 2, batch_size = 50, callbacks = list(
#'   t_clbk("clip_grad_norm", max_norm = 1),
#'   torch_callback("glance", on_batch_end = every_n(100, function() print(self$ctx$last_loss)))
#' ))
#' dry_run(learner)
dry_run = function(learner, task = NULL) {
  parts = if (is.null(task)) list(learner = torch_learner(learner)) else inner_parts(learner, as_task(task))
  learner = parts$learner
  assert_described(learner)
  values = run_values(learner$param_set)
  if (!is.null(task)) {
    check_task(learner, parts$task, NULL)
    check_settings(learner, parts$task, values)
  }
  sets = generate_callbacks(learner$callbacks, values)
  calls = map(names(stage_levels), function(stage) imap(sets, stage_call, stage = stage))
  calls = discard(unlist(unname(calls), recursive = FALSE), is.null)
  structure(list(id = learner$id, calls = rbindlist(c(list(no_calls()), calls))), class = "torch_dry_run")
}

# The pipeops of a graph give their learner the callbacks when the graph is trained.
assert_described = function(learner) {
  if (inherits(learner, "LearnerTorchGraph") && is.null(get_private(learner)$.spec)) {
    abort("argument", sprintf("dry_run(): learner '%s' gets its callbacks from other pipeops of its graph; %s.",
      learner$id, "give a task"), fields = list(argument = "task"))
  }
}

# The stages in the order of the loop, and the loop they are in: the run's, an epoch's, a batch's.
stage_levels = c(on_begin = 0L, on_epoch_begin = 1L, on_batch_begin = 2L, on_after_backward = 2L, on_batch_end = 2L,
  on_before_valid = 1L, on_batch_valid_begin = 2L, on_batch_valid_end = 2L, on_valid_end = 1L, on_epoch_end = 1L,
  on_end = 0L, on_stop = 0L, on_exit = 0L)

no_calls = function() {
  data.table(stage = character(), callback = character(), language = character(), called = character(), reads = list(),
    writes = list())
}

# A row for a callback in a stage; NULL if it is not called.
stage_call = function(set, id, stage) {
  if (stage %nin% set$stages) {
    return(NULL)
  }
  f = get_private(set)$.stage_function(stage)
  uses = if (is.function(f)) set_uses(set, f)
  fields = function(kind) sort(unique(map_chr(keep(uses, function(use) use$kind == kind), "field")))
  data.table(stage = stage, callback = id, language = get_private(set)$.language, called = describe_filter(f),
    reads = list(fields("read")), writes = list(fields("write")))
}

describe_filter = function(f) {
  filter = attr(f, "stage_filter")
  if (is.null(filter)) {
    return("always")
  }
  if (filter$unit == "once") "once" else sprintf("every %s", count_of(filter$n, filter$unit))
}

count_of = function(n, unit) {
  if (n == 1) unit else sprintf("%s %s", format(n), if (unit == "batch") "batches" else paste0(unit, "s"))
}

# Uses of the context in a stage function and in the methods of the set that it calls.
set_uses = function(set, f) {
  methods = c(as.list(set, all.names = TRUE), as.list(get_private(set), all.names = TRUE))
  methods = keep(methods[setdiff(names(methods), c("clone", "print"))], is.function)
  waiting = list(f)
  seen = character()
  uses = list()
  while (length(waiting)) {
    f = waiting[[1L]]
    uses = c(uses, context_uses(body(f), argument_names(f)))
    called = setdiff(intersect(own_members(body(f)), names(methods)), seen)
    seen = c(seen, called)
    waiting = c(waiting[-1L], unname(methods[called]))
  }
  uses
}

# Names after `self$`, `private$` and `super$`.
own_members = function(code) {
  if (!is.call(code)) {
    return(NULL)
  }
  name = element_name(code)
  is_own = !is.null(name) && is.symbol(code[[2L]]) && as.character(code[[2L]]) %in% c("self", "private", "super")
  members = if (is_own) name
  for (part in as.list(code)) {
    if (!missing(part)) members = c(members, own_members(part))
  }
  members
}

#' @export
print.torch_dry_run = function(x, ...) {
  catn(sprintf("<dry run of learner '%s'>", x$id))
  if (!nrow(x$calls)) {
    catn("No callback is called.")
  }
  for (stage in intersect(names(stage_levels), x$calls$stage)) {
    catn(strrep("  ", stage_levels[[stage]]), stage)
    catn(strrep("  ", stage_levels[[stage]] + 1L), format_calls(x$calls[stage, on = "stage"]))
  }
  invisible(x)
}

format_calls = function(calls) {
  fields = function(verb, names) map_chr(names, function(x) if (length(x)) paste0("; ", verb, " ", toString(x)) else "")
  sprintf("%s (%s, %s)%s%s", calls$callback, calls$language, calls$called, fields("reads", calls$reads),
    fields("writes", calls$writes))
}
