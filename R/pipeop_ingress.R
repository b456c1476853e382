#' @title Where Features Enter a Network
#'
#' @name PipeOpTorchIngress
#' @eval pipeop_aliases("PipeOpTorchIngress")
#'
#' @description
#' Begins a network. Its input is a task, its output the tensor of the features that it takes:
#' * `po("torch_ingress_num")`: integer and numeric features as numbers, (rows, features) float32.
#' * `po("torch_ingress_categ")`: factor, ordered and logical features as class numbers from 1, (rows, features)
#'   int64, for `nn("tokenizer_categ")`, `nn("embedding")` or `nn("one_hot")`. Each feature has its own vectors in the
#'   table of `nn("embedding")`, unless its parameter `num_embeddings` is given: then all features share that many.
#' * `po("torch_ingress_ltnsr")`: a [lazy_tensor()], whose shape is known; or numeric features that together are an
#'   array for each row, such as the pixels of an image. Then `shape` gives its shape, and the features are its
#'   elements, the last dimension changing fastest.
#'
#' A network can have several; each is a separate input, named by the id of its pipeop. The pipeops after an ingress
#' see only the features that it takes; features that no ingress takes are not used. The levels of factors are
#' remembered.
#'
#' @section Parameters:
#' * `select` (a selector of mlr3pipelines): which features it takes; unless given, all of its types.
#' * `shape` (`integer()`): only for `torch_ingress_ltnsr`; `c(NA, channels, height, width)`, where `NA` stands for the
#'   rows. Numeric features need it.
#'
#' @family PipeOp
#' @export
#' @examplesIf requireNamespace("mlr3pipelines", quietly = TRUE)
#' library(mlr3pipelines)
#' branches = gunion(list(
#'   po("torch_ingress_num") %>>% nn("linear", out_features = 8),
#'   po("torch_ingress_categ") %>>% nn("embedding", embedding_dim = 4) %>>% nn("flatten")
#' ))
#' graph = branches %>>% nn("merge_cat") %>>% nn("head") %>>%
#'   po("torch_model_classif", epochs = 1, batch_size = 100)
#' as_learner(graph)$train(tsk("german_credit"))
PipeOpTorchIngress = R6Class("PipeOpTorchIngress",
  inherit = mlr3pipelines::PipeOp,
  public = list(
    #' @description Makes a pipeop.
    #' @param kind (`character(1)`)\cr
    #'   `"num"`, `"categ"` or `"ltnsr"`.
    #' @param id (`character(1)`)\cr
    #'   The id, which becomes the name of the network's input.
    #' @param param_vals (named `list()`)\cr
    #'   Values of parameters.
    initialize = function(kind, id = paste0("torch_ingress_", kind), param_vals = list()) {
      private$.kind = assert_choice(kind, names(ingress_types))
      private$.label = sprintf("Ingress of Features (%s)", kind)
      super$initialize(id, param_set = ingress_param_set(kind), param_vals = param_vals,
        input = data.table(name = "input", train = "Task", predict = "Task"), output = descriptor_channels("output"),
        packages = "mlr3libtorch", tags = "abstract")
    }
  ),

  private = list(
    .kind = NULL,

    .train = function(inputs) {
      task = inputs[[1L]]
      values = self$param_set$values
      token = new_ingress(private$.kind, ingress_features(task, private$.kind, values$select, self$id), values$shape)
      token = resolve_ingress(token, column_info(task), self$id)
      self$state = list(features = token$features)
      list(network_descriptor(inputs = set_names(list(token), self$id), pointer = self$id,
        task = narrow_task(task, token$features)))
    },

    .predict = function(inputs) {
      assert_features_present(inputs[[1L]], self$state$features, sprintf("pipeop '%s'", self$id))
      list(narrow_task(inputs[[1L]], self$state$features))
    },

    .additional_phash_input = function() private$.kind
  )
)

ingress_param_set = function(kind) {
  select = p_uty(tags = "train", custom_check = crate(function(x) check_function(x, null.ok = TRUE)))
  if (kind != "ltnsr") {
    return(ps(select = select))
  }
  ps(select = select, shape = p_uty(tags = "train", custom_check = crate(function(x) {
    fits = is.null(x) || test_integerish(x, lower = 1) && length(x) > 1L && !anyNA(x[-1L])
    if (fits) TRUE else "must be a shape such as c(NA, 3, 8, 8)"
  }, .parent = topenv())))
}

ingress_features = function(task, kind, select, id) {
  chosen = if (is.null(select)) task$feature_names else select(task)
  types = column_types(task, chosen)
  features = fitting_features(data.frame(id = chosen, type = types), ingress_types[[kind]])
  refused = setdiff(chosen, features)
  if (!is.null(select) && length(refused)) {
    abort("unsupported_features", sprintf("Pipeop '%s' takes features of type %s, but %s is selected, which is %s.", id,
      str_collapse(ingress_types[[kind]], sep = " or "), sprintf("'%s'", refused[[1L]]), types[[refused[[1L]]]]),
      fields = list(features = refused))
  }
  if (!length(features)) {
    abort("features", sprintf("Pipeop '%s' takes features of type %s, but task '%s' has none; %s.", id,
      str_collapse(ingress_types[[kind]], sep = " or "), task$id,
      "remove it from the graph, or convert features before it"))
  }
  features
}

# The task with these features only, so that branches can meet whose other features differ.
narrow_task = function(task, features) {
  if (setequal(task$feature_names, features)) {
    return(task)
  }
  valid = task$internal_valid_task
  task = task$clone(deep = TRUE)$select(features)
  if (!is.null(valid)) {
    task$internal_valid_task = valid$clone(deep = TRUE)$select(features)
  }
  task
}
