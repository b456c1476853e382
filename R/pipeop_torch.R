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
#' @section Pipeops of your own:
#' [pipeop_torch()] writes a class from functions. A class that is written by hand gives its constructor a
#' `module_generator`, and defines private methods; all of them get `shapes_in`, a list of shapes named like the input
#' channels, `param_vals`, the values of the parameters, and `task`, the task or `NULL`:
#' * `.shape_dependent_params(shapes_in, param_vals, task)`: the arguments that the generator is called with, such as
#'   `c(param_vals, list(in_features = shapes_in[[1]][2]))`; the parameters alone unless defined.
#' * `.make_module(shapes_in, param_vals, task)`: returns the [module][nn_module]; unless defined, the generator is
#'   called.
#' * `.shapes_out(shapes_in, param_vals, task)`: what `$shapes_out()` returns, a shape for each output channel. It need
#'   not be defined: unless it is, the module is made and called on a tiny batch. A network does not use it.
#'
#' The module is made when the network is built, for the shapes that its inputs have then. Random numbers that it draws
#' depend on the learner's `seed`. If its `forward` only calls layers, see [nn_module()], it becomes nodes of the core,
#' which the compiled step can take; other code is a node that R computes. A module with several output channels returns
#' a list of tensors, named like the channels or in their order.
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
    #' @field module_generator (`nn_module_generator`, `function` or `NULL`)\cr
    #'   What makes the module. Not to be changed.
    module_generator = NULL,

    #' @description Makes a pipeop. Called by subclasses.
    #' @param id (`character(1)`)\cr
    #'   The id, which becomes that of the node.
    #' @param module_generator (`nn_module_generator`, `function` or `NULL`)\cr
    #'   What [nn_module()] returns, or a function that makes a module, such as [nn_linear()].
    #' @param param_set ([paradox::ParamSet] or `list()` of expressions)\cr
    #'   The parameters.
    #' @param param_vals (named `list()`)\cr
    #'   Values of parameters.
    #' @param inname (`character()` or `NULL`)\cr
    #'   The names of the inputs; `"..."` stands for any number. `NULL` takes the arguments of the generator's
    #'   `forward`.
    #' @param outname (`character()`)\cr
    #'   The names of the outputs.
    #' @param packages (`character()`)\cr
    #'   Packages that are needed.
    #' @param tags (`character()` or `NULL`)\cr
    #'   Tags that mlr3pipelines knows.
    initialize = function(id, module_generator = NULL, param_set = ps(), param_vals = list(), inname = "input",
      outname = "output", packages = character(), tags = NULL) {
      self$module_generator = check_module_generator(module_generator, sprintf("Pipeop '%s'", id),
        "a pipeop for one is `po(\"module\", module = ...)`")
      inputs = check_pipeop_inputs(inname %??% forward_arguments(module_generator), module_generator, id)
      outputs = check_channel_names(outname, "outname", id)
      super$initialize(id, param_set = param_set, param_vals = param_vals, input = descriptor_channels(inputs),
        output = descriptor_channels(outputs), packages = union("mlr3libtorch", packages),
        tags = union("abstract", setdiff(tags, "torch")))
    },

    #' @description The shapes of its outputs.
    #' @param shapes_in (`integer()` or `list()` of it)\cr
    #'   The shape of each input, such as `c(NA, 4)`, where `NA` stands for the rows.
    #' @param task ([mlr3::Task] or `NULL`)\cr
    #'   For parameters that follow from a task; without one, they are 1.
    #' @return A named list with a shape for each output.
    shapes_out = function(shapes_in, task = NULL) {
      shapes = channel_shapes(self, shapes_in)
      values = self$param_set$values
      assert_required_parameters(self$param_set, values, sprintf("Pipeop '%s'", self$id), "train")
      check_shapes_out(private$.shapes_out(shapes, values, task), self)
    }
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

    .shapes_out = function(shapes_in, param_vals, task) part_shapes(self, shapes_in, task),

    .shape_dependent_params = function(shapes_in, param_vals, task) param_vals,

    .make_module = function(shapes_in, param_vals, task) {
      if (is.null(self$module_generator)) {
        abort("config", sprintf("Pipeop '%s': the class %s has neither a 'module_generator' nor a method '%s'; %s.",
          self$id, class(self)[[1L]], ".make_module(shapes_in, param_vals, task)", "give it one of them"))
      }
      invoke(self$module_generator, .args = private$.shape_dependent_params(shapes_in, param_vals, task))
    },

    # Adds this pipeop's nodes to a network, under that id.
    .append = function(descriptor, id) {
      assert_required_parameters(self$param_set, self$param_set$values, sprintf("Pipeop '%s'", self$id), "train")
      add_pipeop_nodes(descriptor, id, self$clone(deep = TRUE))
    },

    # The network that takes the place of those nodes, see `made_part()`. `inputs`: what they read, with their shapes.
    .made_part = function(id, inputs, task) {
      shapes = map(inputs, function(input) as.integer(c(NA, input$shape[-1L])))
      shapes = channel_shapes(self, unname(shapes))
      made_part(private$.make_module(shapes, self$param_set$values, task), self, id, inputs)
    },

    .train = function(inputs) {
      self$state = list()
      descriptor = private$.append(join_descriptors(unname(inputs), self$id), self$id)
      map(descriptor$pointer, function(pointer) insert_named(descriptor, list(pointer = pointer)))
    },

    .predict = function(inputs) rep(list(join_tasks(unname(inputs), self$id)), nrow(self$output)),

    .additional_phash_input = function() {
      list(self$input$name, self$output$name, hashable(self$module_generator))
    }
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
      super$initialize(id, param_set = operation_param_set(operation), param_vals = param_vals,
        inname = operation_input_names(entry, innum, id))
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
