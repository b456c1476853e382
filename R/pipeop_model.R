#' @title Train the Network of a Graph
#'
#' @name PipeOpTorchModel
#' @eval pipeop_aliases("PipeOpTorchModel")
#'
#' @description
#' `po("torch_model_classif")` and `po("torch_model_regr")` end a graph of [operations][PipeOpTorch]: they train
#' the network that comes in as a [LearnerTorchModel]. `as_learner()` makes a learner from the graph.
#'
#' @section Parameters:
#' Those of [LearnerTorch] except `opt.*`, `loss.*` and `cb.*`, which are parameters of
#' [`po("torch_optimizer")`][PipeOpTorchSettings] and the others.
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
#' learner = as_learner(graph)
#' learner$train(tsk("iris"))
#' learner$predict(tsk("iris"))$score()
PipeOpTorchModel = R6Class("PipeOpTorchModel",
  inherit = mlr3pipelines::PipeOpLearner,
  public = list(
    #' @description Makes a pipeop.
    #' @param task_type (`character(1)`)\cr
    #'   `"classif"` or `"regr"`.
    #' @param id (`character(1)`)\cr
    #'   The id.
    #' @param param_vals (named `list()`)\cr
    #'   Values of parameters.
    initialize = function(task_type, id = paste0("torch_model_", task_type), param_vals = list()) {
      super$initialize(LearnerTorchGraph$new(task_type), id = id, param_vals = param_vals)
      private$.label = "Network"
      self$input = data.table(name = "input", train = "torch_descriptor", predict = "Task")
    }
  ),

  private = list(
    .train = function(inputs) {
      descriptor = inputs[[1L]]
      if (is.null(descriptor$task)) {
        abort("config", sprintf("Pipeop '%s' got a network without data; begin the graph with an ingress, %s.", self$id,
          "such as po(\"torch_ingress_num\")"))
      }
      get_private(private$.learner)$.configure(descriptor)
      super$.train(list(descriptor$task))
    }
  )
)

# A learner that shows only its own parameters: the others belong to other pipeops.
LearnerTorchGraph = R6Class("LearnerTorchGraph",
  inherit = LearnerTorchModel,
  active = list(
    # That of the trained model, since the learner of a resampling may have been trained on other rows last.
    spec = function(rhs) {
      assert_read_only(rhs, "spec")
      spec = private$.model()$network$spec
      if (is.null(spec)) private$.spec else structure(spec, class = "torch_spec")
    }
  ),
  private = list(
    # The loss is known when the graph is trained, and then checked.
    .offered_types = function(loss, task_type) names(mlr_reflections$learner_predict_types[[task_type]]),
    # Network, loss, optimizer and callbacks come from the other pipeops of the graph, whose hashes include them, so
    # taking them over in training must not change the hash of this learner.
    .parts_identity = function() NULL,
    .collect_params = function() LearnerParamSet$new(list(private$.base_params))
  )
)
