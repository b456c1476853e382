#' @title A Part of a Network, Repeated
#'
#' @name PipeOpTorchBlock
#' @aliases mlr_pipeops_nn_block nn_block
#'
#' @description
#' `po("nn_block", block, n_blocks = 3)` repeats a graph of [operations][PipeOpTorch] `n_blocks` times in a chain.
#' Each copy has its own weights; the ids of its nodes begin with `<id>.<i>.`.
#'
#' @section Parameters:
#' Those of the block, and:
#' * `n_blocks` (`integer(1)`): how often the block is repeated. Required.
#' * `trafo` (`function(i, param_vals, param_set)`): returns the values of the block's parameters for the i-th copy,
#'   given those that are set and the pipeop's parameter set.
#'
#' @family PipeOp
#' @export
#' @examplesIf requireNamespace("mlr3pipelines", quietly = TRUE)
#' library(mlr3pipelines)
#' block = nn("linear", out_features = 16) %>>% nn("relu")
#' halving = function(i, param_vals, param_set) {
#'   param_vals$linear.out_features = 16 / 2^(i - 1)
#'   param_vals
#' }
#' nn_sequential(nn("block", block, n_blocks = 3, trafo = halving), shape = c(NA, 4))
PipeOpTorchBlock = R6Class("PipeOpTorchBlock",
  inherit = PipeOpTorch,
  public = list(
    #' @description Makes a pipeop.
    #' @param block ([mlr3pipelines::Graph])\cr
    #'   What is repeated, with one input and one output.
    #' @param id (`character(1)`)\cr
    #'   The id.
    #' @param param_vals (named `list()`)\cr
    #'   Values of parameters.
    initialize = function(block, id = "nn_block", param_vals = list()) {
      private$.label = "Repeated Block"
      private$.block = mlr3pipelines::as_graph(block, clone = TRUE)
      private$.own_params = ps(
        n_blocks = p_whole(lower = 0L, tags = c("train", "required")),
        trafo = p_uty(tags = "train", custom_check = crate(function(x) {
          check_function(x, args = c("i", "param_vals", "param_set"), null.ok = TRUE)
        }))
      )
      super$initialize(id, param_set = alist(private$.own_params, private$.block$param_set), param_vals = param_vals)
    }
  ),

  active = list(
    #' @field block ([mlr3pipelines::Graph])\cr
    #'   What is repeated. Read-only.
    block = function(rhs) {
      assert_read_only(rhs, "block")
      private$.block
    }
  ),

  private = list(
    .block = NULL,
    .own_params = NULL,

    .append = function(descriptor, id) {
      settings = private$.own_params$values
      assert_required_parameters(private$.own_params, settings, sprintf("Pipeop '%s'", self$id), "train")
      for (i in seq_len(settings$n_blocks)) {
        block = private$.block$clone(deep = TRUE)
        if (!is.null(settings$trafo)) {
          block$param_set$values = settings$trafo(i, block$param_set$values, self$param_set)
        }
        descriptor = append_graph(descriptor, block, sprintf("%s.%i.", id, i))
      }
      descriptor
    },

    .additional_phash_input = function() private$.block$phash,

    deep_clone = function(name, value) {
      switch(name,
        .block = value$clone(deep = TRUE),
        .own_params = value$clone(deep = TRUE),
        super$deep_clone(name, value)
      )
    }
  )
)
