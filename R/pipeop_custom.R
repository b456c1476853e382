#' @title Make Your Own Pipeop for Networks
#'
#' @description
#' Makes a generator of pipeops that add several nodes to a network: `build` is called with the values of the parameters
#' and returns a spec or an [nn()] object.
#'
#' @param id (`character(1)`)\cr
#'   The default id of its pipeops.
#' @param build (`function`)\cr
#'   Called with the parameters' values as arguments; returns what [nn_sequential()] takes.
#' @param param_set ([paradox::ParamSet])\cr
#'   The parameters; unless given, one of any type for each argument of `build`.
#' @return An R6 generator of a class that inherits from [PipeOpTorch].
#'
#' @family PipeOp
#' @export
#' @examplesIf requireNamespace("mlr3pipelines", quietly = TRUE)
#' PipeOpResidual = pipeop_torch("residual", function(width) {
#'   nn_graph(
#'     inner = nn("linear", out_features = width),
#'     bend = nn("relu"),
#'     back = nn("linear", out_features = width),
#'     sum = nn("merge_sum", reads = c("back", "x"))
#'   )
#' })
#' residual = PipeOpResidual$new(param_vals = list(width = 4))
#' nn_sequential(nn("linear", out_features = 4), residual, shape = c(NA, 3))
pipeop_torch = function(id, build, param_set = NULL) {
  assert_string(id, min.chars = 1L)
  assert_function(build)
  param_set = assert_r6(param_set, "ParamSet", null.ok = TRUE) %??% constructor_param_set(as.list(formals(args(build))))
  default_id = id
  R6Class(paste0("PipeOpTorch", capitalize(id)),
    inherit = PipeOpTorch,
    public = list(
      initialize = function(id = default_id, param_vals = list()) {
        super$initialize(id, param_set$clone(deep = TRUE), param_vals)
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
