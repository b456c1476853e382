#' @title A Pipeop That Is a Node of a Network
#'
#' @name PipeOpTorch
#' @aliases mlr_pipeops_nn PipeOpTorchOperation
#' @rawNamespace exportPattern("^PipeOpTorch")
#'
#' @description
#' Every operation that [nn_operations()] lists is a pipeop: `po("nn_linear", out_features = 10)`, in short
#' `nn("linear", out_features = 10)`, or `PipeOpTorchLinear$new()`. The classes of operations differ only in their
#' constructor; parameters, defaults, checks and help are those of the operation in the C++ core.
#'
#' When a graph is trained, each of these appends its node to the network;
#' [`po("torch_model_classif")`][PipeOpTorchModel] at the end trains it. At prediction they pass on the task. Sizes that
#' follow from the data are not given.
#' Branches that meet are joined: so are the features of their tasks, and a feature that differs between branches is an
#' error.
#'
#' The parameters `out_features` of `nn_head`, `cardinalities` of `nn_tokenizer_categ`, `num_embeddings` and
#' `cardinalities` of `nn_embedding` and `num_classes` of `nn_one_hot` follow from the task, all but the first only if
#' the node reads a [`po("torch_ingress_categ")`][PipeOpTorchIngress].
#' Vectors with an element for each feature (`cardinalities`, `bins`) may have the features' names.
#'
#' Parameters can be tuned like those of any pipeop.
#'
#' @section Differences to mlr3torch:
#' The shapes of a network are found when it is built, at `torch_model_*`, and an error names the node.
#'
#' @family PipeOp
#' @export
#' @examplesIf requireNamespace("mlr3pipelines", quietly = TRUE)
#' library(mlr3pipelines)
#' graph = po("torch_ingress_num") %>>%
#'   nn("linear", out_features = 10) %>>% nn("relu") %>>% nn("head") %>>%
#'   po("torch_loss", t_loss("cross_entropy")) %>>%
#'   po("torch_optimizer", t_opt("adam", lr = 0.01)) %>>%
#'   po("torch_model_classif", epochs = 5, batch_size = 32)
#' learner = as_learner(graph)
#' learner$train(tsk("iris"))
PipeOpTorch = R6Class("PipeOpTorch",
  inherit = mlr3pipelines::PipeOp,
  public = list(
    #' @description Makes a pipeop. Called by subclasses.
    #' @param id (`character(1)`)\cr
    #'   The id, which becomes that of the node.
    #' @param param_set ([paradox::ParamSet] or `list()` of expressions)\cr
    #'   The parameters.
    #' @param param_vals (named `list()`)\cr
    #'   Values of parameters.
    #' @param inputs (`character()`)\cr
    #'   The names of the inputs; `"..."` stands for any number.
    initialize = function(id, param_set = ps(), param_vals = list(), inputs = "input") {
      super$initialize(id, param_set = param_set, param_vals = param_vals, input = descriptor_channels(inputs),
        output = descriptor_channels("output"), packages = "mlr3libtorch", tags = "abstract")
    },

    #' @description The shape of its output.
    #' @param shapes_in (`integer()` or `list()` of it)\cr
    #'   The shape of each input, such as `c(NA, 4)`, where `NA` stands for the rows.
    #' @param task ([mlr3::Task] or `NULL`)\cr
    #'   For parameters that follow from a task; without one, they are 1.
    #' @return A list with the element `output`.
    shapes_out = function(shapes_in, task = NULL) list(output = part_shape(self, shapes_in, task))
  ),

  active = list(
    #' @field reads (`character()` or `NULL`)\cr
    #'   The nodes or inputs that it reads in [nn_graph()]; `NULL` means the node before.
    reads = function(rhs) {
      if (!missing(rhs)) {
        private$.reads = assert_character(rhs, min.chars = 1L, min.len = 1L, any.missing = FALSE, null.ok = TRUE)
      }
      private$.reads
    }
  ),

  private = list(
    .reads = NULL,

    # Adds this pipeop's nodes to a network, under that id.
    .append = function(descriptor, id) {
      abort("internal", sprintf("The class %s does not define '.append'.", class(self)[[1L]]))
    },

    .train = function(inputs) {
      self$state = list()
      list(private$.append(join_descriptors(unname(inputs), self$id), self$id))
    },

    .predict = function(inputs) list(join_tasks(unname(inputs), self$id))
  )
)

#' @rdname PipeOpTorch
#' @usage NULL
#' @export
PipeOpTorchOperation = R6Class("PipeOpTorchOperation",
  inherit = PipeOpTorch,
  public = list(
    #' @description Makes a pipeop.
    #' @param operation (`character(1)`)\cr
    #'   The key of the operation.
    #' @param id (`character(1)`)\cr
    #'   The id, which becomes that of the node.
    #' @param param_vals (named `list()`)\cr
    #'   Values of parameters.
    #' @param innum (`integer(1)` or `NULL`)\cr
    #'   The number of inputs of an operation that takes several; `NULL` and 0 leave it open.
    initialize = function(operation, id = paste0("nn_", operation), param_vals = list(), innum = NULL) {
      entry = operation_entry(operation)
      private$.operation = operation
      private$.label = entry$label
      super$initialize(id, operation_param_set(operation), param_vals, operation_input_names(entry, innum, id))
    }
  ),

  active = list(
    #' @field operation (`character(1)`)\cr
    #'   The key of the operation. Read-only.
    operation = function(rhs) {
      assert_read_only(rhs, "operation")
      private$.operation
    }
  ),

  private = list(
    .operation = NULL,
    .append = function(descriptor, id) add_node(descriptor, id, self$operation, self$param_set$values),
    .additional_phash_input = function() list(self$operation, self$input$name)
  )
)

descriptor_channels = function(names, predict = "Task") {
  data.table(name = names, train = "torch_descriptor", predict = predict)
}

# A single input is called "input"; if their number is open, it is mlr3pipelines' vararg channel, or as many as asked
# for.
operation_input_names = function(entry, innum, id) {
  least = entry$inputs[[1L]]
  most = entry$inputs[[2L]]
  if (is.null(innum) || innum == 0L) {
    return(if (most == 1) "input" else if (least == most) paste0("input", seq_len(least)) else "...")
  }
  if (!test_int(innum, lower = least, upper = most)) {
    abort("argument", sprintf("Pipeop '%s' takes %g to %g inputs, not %s.", id, least, most, format(innum)))
  }
  if (most == 1) "input" else paste0("input", seq_len(innum))
}
