#' @title Loss, Optimizer and Callbacks in a Graph
#'
#' @name PipeOpTorchSettings
#' @eval pipeop_aliases("PipeOpTorchSettings")
#'
#' @description
#' `po("torch_loss", t_loss("mse"))`, `po("torch_optimizer", t_opt("adam"))` and `po("torch_callbacks",
#' t_clbks("history"))` set the loss, the optimizer and the callbacks that a network is trained with. Their parameters
#' are those of the loss, the optimizer and the callbacks (the latter as `<id>.<name>`). Without them, the defaults of
#' [LearnerTorch] are used: cross entropy or the mean squared error, and Adam. `po("torch_optimizer")` alone sets Adam,
#' `po("torch_callbacks")` alone sets no callback.
#'
#' A graph sets each of them once. Two pipeops that set the loss, the optimizer or a callback of the same id are an
#' error; if they are in branches that meet, they may set the same.
#'
#' @family PipeOp
#' @export
#' @examplesIf requireNamespace("mlr3pipelines", quietly = TRUE)
#' library(mlr3pipelines)
#' graph = po("torch_ingress_num") %>>%
#'   nn("linear", out_features = 10) %>>% nn("relu") %>>% nn("head") %>>%
#'   po("torch_loss", t_loss("cross_entropy")) %>>%
#'   po("torch_optimizer", t_opt("adam", lr = 0.01)) %>>%
#'   po("torch_callbacks", t_clbk("history")) %>>%
#'   po("torch_model_classif", epochs = 3, batch_size = 32, seed = 1)
#' # parameters as everywhere in graphs
#' graph$param_set$set_values(torch_optimizer.lr = 0.1)
#' as_learner(graph)$train(tsk("iris"))
PipeOpTorchSettings = R6Class("PipeOpTorchSettings",
  inherit = mlr3pipelines::PipeOp,
  public = list(
    #' @description Makes a pipeop.
    #' @param kind (`character(1)`)\cr
    #'   `"loss"`, `"optimizer"` or `"callbacks"`.
    #' @param setting ([TorchLoss], [TorchOptimizer] or `list()` of [TorchCallback])\cr
    #'   What is set; cloned.
    #' @param id (`character(1)`)\cr
    #'   The id.
    #' @param param_vals (named `list()`)\cr
    #'   Values of parameters.
    initialize = function(kind, setting, id = paste0("torch_", kind), param_vals = list()) {
      private$.kind = assert_choice(kind, c("loss", "optimizer", "callbacks"))
      private$.label = capitalize(kind)
      private$.setting = switch(kind,
        loss = as_torch_loss(setting, clone = TRUE),
        optimizer = as_torch_optimizer(setting, clone = TRUE),
        callbacks = as_torch_callbacks(setting, clone = TRUE)
      )
      super$initialize(id, param_set = settings_param_sets(kind, private$.setting), param_vals = param_vals,
        input = descriptor_channels("input"), output = descriptor_channels("output"),
        packages = setting_packages(private$.setting),
        tags = "abstract")
    }
  ),

  private = list(
    .kind = NULL,
    .setting = NULL,

    .train = function(inputs) {
      self$state = list()
      setting = private$.setting
      settings = if (private$.kind == "callbacks") setting else set_names(list(setting), private$.kind)
      list(add_settings(inputs[[1L]], private$.kind, settings, self$id))
    },

    .predict = function(inputs) inputs,

    .additional_phash_input = function() {
      if (private$.kind == "callbacks") map(private$.setting, "phash") else private$.setting$phash
    },

    deep_clone = function(name, value) {
      if (name != ".setting") {
        return(super$deep_clone(name, value))
      }
      if (is.list(value)) map(value, function(x) x$clone(deep = TRUE)) else value$clone(deep = TRUE)
    }
  )
)

setting_packages = function(setting) {
  unique(c("mlr3libtorch", unlist(map(if (is.list(setting)) setting else list(setting), "packages"))))
}

# Expressions, as a pipeop takes parameter sets that belong to something else.
settings_param_sets = function(kind, setting) {
  if (kind != "callbacks") {
    return(alist(private$.setting$param_set))
  }
  if (!length(setting)) {
    return(ps())
  }
  expressions = map(names(setting), function(id) bquote(private$.setting[[.(id)]]$param_set))
  set_names(expressions, names(setting))
}
