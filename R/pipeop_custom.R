#' @title Make Your Own Pipeop for Networks
#'
#' @description
#' Makes a class of pipeops from functions, as [nn_module()] makes modules. `initialize` and `forward` are those of the
#' module; `initialize` may have the arguments `shapes_in`, a list of the shapes of the inputs, which are named like the
#' channels, and `task`, the task or `NULL`. Its other arguments are parameters of the pipeop. The section on pipeops of
#' your own in [PipeOpTorch] says what becomes of the module, and how to write a class by hand.
#'
#' A pipeop may instead be several operations: without `forward`, the first function is `build`, which is called with
#' the values of the parameters and returns a spec or an [nn()] object.
#'
#' `mlr_pipeops$add("nn_scale", PipeOpTorchScale)` makes `po("nn_scale")` and `nn("scale")` find the class.
#'
#' @param id (`character(1)`)\cr
#'   The default id of its pipeops.
#' @param initialize (`function` or `NULL`)\cr
#'   Makes the parts of the module in `self`.
#' @param forward (`function`)\cr
#'   What the module computes from its inputs.
#' @param shapes_out (`function` or `NULL`)\cr
#'   A function of `shapes_in`, `param_vals` and `task`, or some of them, that returns a list with the shape of each
#'   output. Not needed: unless it is given, `$shapes_out()` calls the module.
#' @param param_set ([paradox::ParamSet] or `NULL`)\cr
#'   The parameters; unless given, one of any type for each argument of `initialize` or `build`, which is required if it
#'   has no default.
#' @param in_channels (`character()`, `integer(1)` or `NULL`)\cr
#'   The names of the inputs, or how many there are; 0 stands for any number. `NULL` takes the arguments of `forward`.
#' @param out_channels (`character()` or `integer(1)`)\cr
#'   The names of the outputs, or how many there are. With several, `forward` returns a list of tensors.
#' @param packages (`character()`)\cr
#'   Packages that are needed.
#' @param tags (`character()` or `NULL`)\cr
#'   Tags that mlr3pipelines knows.
#' @param classname (`character(1)`)\cr
#'   The name of the class; `"PipeOpTorchScale"` for the id `"nn_scale"` unless given.
#' @param parent_env (`environment`)\cr
#'   Not used: functions see the environment in which they were written.
#' @param build (`function`)\cr
#'   Called with the parameters' values as arguments; returns what [nn_sequential()] takes.
#' @return An R6 generator of a class that inherits from [PipeOpTorch].
#'
#' @family PipeOp
#' @export
#' @examplesIf requireNamespace("mlr3pipelines", quietly = TRUE)
#' PipeOpTorchScale = pipeop_torch("nn_scale",
#'   initialize = function(shapes_in, init = 1) {
#'     self$weight = nn_parameter(torch_full(shapes_in[[1]][2], init))
#'   },
#'   forward = function(input) input * self$weight
#' )
#' scale = PipeOpTorchScale$new(param_vals = list(init = 2))
#' scale$shapes_out(c(NA, 4))
#' nn_sequential(scale, nn("linear", out_features = 3), shape = c(NA, 4))
#'
#' PipeOpResidual = pipeop_torch("residual", build = function(width) {
#'   nn_graph(
#'     inner = nn("linear", out_features = width),
#'     bend = nn("relu"),
#'     back = nn("linear", out_features = width),
#'     sum = nn("merge_sum", reads = c("back", "x"))
#'   )
#' })
#' residual = PipeOpResidual$new(param_vals = list(width = 4))
#' nn_sequential(nn("linear", out_features = 4), residual, shape = c(NA, 3))
pipeop_torch = function(id, initialize = NULL, forward = NULL, shapes_out = NULL, param_set = NULL, in_channels = NULL,
  out_channels = 1L, packages = character(), tags = NULL, classname = NULL, parent_env = parent.frame(), build = NULL) {
  assert_string(id, min.chars = 1L)
  classname = assert_string(classname, min.chars = 1L, null.ok = TRUE) %??% pipeop_class_name(id)
  assert_r6(param_set, "ParamSet", null.ok = TRUE)
  if (is.null(forward) && is.null(build)) {
    build = initialize
    initialize = NULL
  }
  if (is.null(forward)) {
    return(pipeop_of_build(id, check_build(build), param_set, classname))
  }
  assert_function(initialize, null.ok = TRUE)
  assert_function(forward)
  assert_function(shapes_out, null.ok = TRUE)
  generator = do.call(nn_module, c(list(id), discard(list(initialize = initialize, forward = forward), is.null)))
  channels = list(inname = in_channel_names(in_channels, generator), outname = channel_names(out_channels, "output"))
  check_pipeop_inputs(channels$inname, generator, id)
  check_channel_names(channels$outname, "out_channels", id)
  pipeop_of_module(id, generator, shapes_out, param_set, classname,
    c(channels, list(packages = packages, tags = tags)))
}

check_build = function(build) {
  if (!is.function(build)) {
    abort("argument", sprintf("pipeop_torch(): give 'forward', and 'initialize' if the module has weights, %s.",
      "or 'build', a function that returns a network"))
  }
  build
}

pipeop_of_build = function(id, build, param_set, classname) {
  force(build)
  param_set = param_set %??% constructor_param_set(as.list(formals(args(build))))
  default_id = id
  R6Class(classname,
    inherit = PipeOpTorch,
    public = list(
      initialize = function(id = default_id, param_vals = list()) {
        super$initialize(id, param_set = param_set$clone(deep = TRUE), param_vals = param_vals)
      }
    ),
    private = list(
      .append = function(descriptor, id) {
        append_part(descriptor, as_torch_spec(invoke(build, .args = self$param_set$values)), id)
      },
      .additional_phash_input = function() list(formals(args(build)), deparse(body(build)))
    )
  )
}

# `settings`: further arguments of the constructor of PipeOpTorch.
pipeop_of_module = function(id, generator, shapes_out, param_set, classname, settings) {
  arguments = as.list(generator_arguments(generator))
  told = intersect(c("shapes_in", "task"), names(arguments))
  force(shapes_out)
  force(settings)
  param_set = check_module_param_set(param_set, arguments, told, id)
  default_id = id
  R6Class(classname,
    inherit = PipeOpTorch,
    public = list(
      initialize = function(id = default_id, param_vals = list()) {
        invoke(super$initialize, id, module_generator = generator, param_set = param_set$clone(deep = TRUE),
          param_vals = param_vals, .args = settings)
      }
    ),
    private = list(
      .shape_dependent_params = function(shapes_in, param_vals, task) {
        c(param_vals, list(shapes_in = shapes_in, task = task)[told])
      },
      .shapes_out = function(shapes_in, param_vals, task) {
        if (is.null(shapes_out)) {
          return(super$.shapes_out(shapes_in, param_vals, task))
        }
        given = list(shapes_in = shapes_in, param_vals = param_vals, task = task)
        invoke(shapes_out, .args = given[intersect(names(given), names(formals(shapes_out)))])
      },
      .additional_phash_input = function() c(super$.additional_phash_input(), list(hashable(shapes_out)))
    )
  )
}

# `told`: the arguments of `initialize` that the pipeop gives.
check_module_param_set = function(param_set, arguments, told, id) {
  own = arguments[setdiff(names(arguments), c(told, "..."))]
  needed = names(keep(own, is_empty_symbol))
  if (is.null(param_set)) {
    param_set = constructor_param_set(own)
    param_set$tags[needed] = list(c("train", "required"))
    return(param_set)
  }
  unknown = if ("..." %nin% names(arguments)) setdiff(param_set$ids(), names(own))
  if (length(unknown)) {
    abort_unknown("unknown_parameter", sprintf("pipeop_torch(): 'initialize' of '%s' has no argument '%s'.", id,
      unknown[[1L]]), unknown[[1L]], names(own))
  }
  absent = setdiff(needed, param_set$ids())
  if (length(absent)) {
    abort_missing_parameter(sprintf("pipeop_torch(): 'param_set' of '%s'", id), absent[[1L]], "'initialize' needs it")
  }
  param_set
}

in_channel_names = function(channels, generator) {
  if (is.null(channels)) forward_arguments(generator) else channel_names(channels, "input")
}

# Names, or numbered ones if it is said how many there are.
channel_names = function(channels, name) {
  if (!test_count(channels)) {
    return(channels)
  }
  if (channels == 0) "..." else if (channels == 1) name else paste0(name, seq_len(channels))
}
