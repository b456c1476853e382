#' @title A Network as Part of Another
#'
#' @name PipeOpTorchModule
#' @aliases mlr_pipeops_module
#'
#' @description
#' `po("module", module = nn_sequential(...))` puts a network or a [module][nn_module] into a graph of
#' [operations][PipeOpTorch]. The ids of its nodes begin with `<id>.`.
#'
#' Its `$train()` takes tensors as well, one for each input: then a module is called, and what it returns is the output.
#'
#' @family PipeOp
#' @export
#' @examplesIf requireNamespace("mlr3pipelines", quietly = TRUE)
#' mlr3pipelines::po("module", module = nn_sequential(nn("linear", out_features = 4), nn("tanh")))
#'
#' linear = PipeOpModule$new("linear", nn_linear(10, 20), inname = "x", outname = "y")
#' linear$train(list(torch_randn(3, 10)))$y$shape
PipeOpTorchModule = R6Class("PipeOpTorchModule",
  inherit = PipeOpTorch,
  public = list(
    #' @description Makes a pipeop.
    #' @param id (`character(1)`)\cr
    #'   The id.
    #' @param module (`torch_spec`, `nn_module` or `function`)\cr
    #'   The network, as [nn_sequential()] and [nn_graph()] make it, a module, or a function of tensors. In a graph, a
    #'   copy of a module is trained, beginning with the weights that it has now.
    #' @param inname (`character()` or `NULL`)\cr
    #'   The names of the inputs; `NULL` takes those of the network, or `"input"` if there is one.
    #' @param outname (`character()`)\cr
    #'   The names of the outputs. If there are several, a module returns a list of tensors, with these names or in
    #'   their order.
    #' @param param_vals (named `list()`)\cr
    #'   Values of parameters; there are none.
    #' @param packages (`character()`)\cr
    #'   Packages that the module's R code needs.
    initialize = function(id = "module", module = nn_sequential(nn("identity")), inname = NULL, outname = "output",
      param_vals = list(), packages = character()) {
      private$.label = "Network as Data"
      private$.module = module
      if (length(outname) > 1L) {
        inputs = inname %??% module_inputs(assert_module_of_several(module, id))
      } else {
        private$.spec = spec_of_part(module, inname, id)
        inputs = inname %??% (if (length(private$.spec$inputs) == 1L) "input" else private$.spec$inputs)
      }
      super$initialize(id, param_vals = param_vals, inname = inputs, outname = outname, packages = packages)
      # a network that is being put together, or tensors
      self$input$train = "*"
      self$output$train = "*"
    }
  ),

  active = list(
    #' @field module (`torch_spec`, `nn_module` or `function`)\cr
    #'   The network, as it was given. Read-only.
    module = function(rhs) {
      assert_read_only(rhs, "module")
      private$.module
    }
  ),

  private = list(
    .module = NULL,
    # NULL if there are several outputs
    .spec = NULL,

    .append = function(descriptor, id) {
      if (is.null(private$.spec)) super$.append(descriptor, id) else append_part(descriptor, private$.spec, id)
    },

    .make_module = function(shapes_in, param_vals, task) private$.module,

    .train = function(inputs) {
      if (!every(inputs, inherits, what = "torch_tensor")) {
        walk(inputs, assert_network_input, id = self$id)
        return(super$.train(inputs))
      }
      if (!is.function(private$.module)) {
        abort("argument", sprintf("Pipeop '%s': a network as data is not called with tensors; give it a module.",
          self$id))
      }
      self$state = list()
      value = do.call(private$.module, unname(inputs))
      if (nrow(self$output) == 1L) list(value) else named_outputs(value, self$output$name)
    },

    .additional_phash_input = function() {
      spec = if (!is.null(private$.spec)) unclass(private$.spec)
      list(spec %??% hashable_module(private$.module), self$input$name, self$output$name)
    }
  )
)

# A network with one output.
spec_of_part = function(module, inputs, id) {
  if (is.function(module) && is.null(attr(module, "class"))) {
    inputs = inputs %??% "x"
    return(nn_graph(fn = nn("fn", fn = module, reads = inputs), inputs = inputs))
  }
  spec = if (is_nn_module(module)) as_torch_spec(module, inputs = inputs) else as_torch_spec(module)
  if (!is.null(inputs) && length(inputs) != length(spec$inputs)) {
    abort("argument", sprintf("Pipeop '%s': 'inname' has %i names, but the network has %i inputs.", id, length(inputs),
      length(spec$inputs)))
  }
  spec
}

assert_module_of_several = function(module, id) {
  if (!is_nn_module(module)) {
    abort("argument", sprintf("Pipeop '%s': only a module, made by nn_module(), can have several outputs, not %s.", id,
      as_short_string(module)))
  }
  module
}

assert_network_input = function(x, id) {
  if (!inherits(x, "torch_descriptor")) {
    abort("argument", sprintf("Pipeop '%s' takes what other pipeops of a network pass on, or only tensors, not %s.", id,
      as_short_string(x)))
  }
}

hashable_module = function(module) list(module_data(module), map(module_weights(module), core_tensor_to_plain))
