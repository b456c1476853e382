#' @title Learner for a Network
#'
#' @name mlr_learners.torch_model
#' @aliases LearnerTorchModel mlr_learners_classif.torch_model mlr_learners_regr.torch_model
#' @aliases classif.torch_model regr.torch_model torch_model
#' @aliases mlr_learners_surv.torch_model mlr_learners_multiregr.torch_model surv.torch_model multiregr.torch_model
#'
#' @description
#' Trains a network: a [module][nn_module], or a spec, a network as data, made by [nn_sequential()] or [nn_graph()].
#' A graph of pipeops that ends in [`po("torch_model_classif")`][PipeOpTorchModel] is trained by this learner, too.
#'
#' A network with one input gets all features as one tensor, factors one-hot, unless `ingress_tokens` says otherwise.
#' The output of the network must be what the loss needs, see the section on encodings of [LearnerTorch]; `nn("head")`
#' is a linear layer with the right number of outputs.
#'
#' @section Parameters:
#' Those of [LearnerTorch].
#'
#' @family Learner
#' @export
#' @examples
#' network = nn_sequential(nn("linear", out_features = 10), nn("relu"), nn("head"))
#' learner = lrn("classif.torch_model", network = network, epochs = 5, batch_size = 32, seed = 1)
#' learner$train(tsk("iris"))
LearnerTorchModel = R6Class("LearnerTorchModel",
  inherit = LearnerTorch,
  public = list(
    #' @description Makes a learner.
    #' @param task_type (`character(1)`)\cr
    #'   `"classif"` or `"regr"`.
    #' @param network (`torch_spec` or `nn_module`)\cr
    #'   The network. Of a module, a copy is trained.
    #' @param ingress_tokens (named `list()` of [ingress][ingress_num])\cr
    #'   Which features become which input, and how; needed if the network has several.
    #' @param optimizer ([TorchOptimizer] or `character(1)`)\cr
    #'   The optimizer; Adam unless given.
    #' @param loss ([TorchLoss] or `character(1)`)\cr
    #'   The loss; cross entropy or the mean squared error unless given.
    #' @param callbacks (`list()` of [TorchCallback])\cr
    #'   The callbacks.
    #' @param packages (`character()`)\cr
    #'   Packages that the network's R code needs.
    initialize = function(task_type, network = NULL, ingress_tokens = NULL, optimizer = NULL, loss = NULL,
      callbacks = list(), packages = character()) {
      super$initialize(id = paste0(task_type, ".torch_model"), task_type = task_type, packages = packages,
        feature_types = c(tensor_feature_types(), "lazy_tensor", if (reads_text(ingress_tokens)) "character"),
        label = "Network", man = "mlr3libtorch::mlr_learners.torch_model", optimizer = optimizer, loss = loss,
        callbacks = callbacks)
      private$.spec = if (!is.null(network)) as_torch_spec(network)
      private$.ingress = check_ingress(ingress_tokens, self$id)
    }
  ),

  active = list(
    #' @field ingress_tokens (named `list()` of [ingress][ingress_num])\cr
    #'   Which features become which input.
    ingress_tokens = function(rhs) {
      if (!missing(rhs)) private$.ingress = check_ingress(rhs, self$id)
      private$.ingress
    },

    #' @field spec (`torch_spec`)\cr
    #'   The network as data. Read-only.
    spec = function(rhs) {
      assert_read_only(rhs, "spec")
      private$.spec
    }
  ),

  private = list(
    .spec = NULL,

    .network_spec = function(task, param_vals, info) {
      complete_spec(private$.made_spec(task, param_vals), private$.resolved(info), task, param_vals, info, self)
    },

    # The network before the task is known.
    .made_spec = function(task, param_vals) private$.spec,

    .input_names = function() {
      if (is.null(private$.spec)) {
        abort("config", sprintf("Learner '%s' has no network; give one, %s.", self$id,
          sprintf("as in `lrn(\"%s\", network = nn_sequential(...))`", self$id)))
      }
      private$.spec$inputs
    },

    .resolved = function(info) {
      check_inputs(private$.input_names(), private$.ingress, self$id)
      super$.resolved(info)
    },

    # Takes over what a graph of pipeops has described.
    .configure = function(descriptor) {
      private$.spec = new_spec(names(descriptor$inputs), descriptor$nodes, outputs = descriptor$pointer,
        weights = descriptor$weights, frozen = descriptor$frozen)
      private$.ingress = descriptor$inputs
      self$loss = descriptor$loss %??% t_loss(default_loss(self$task_type))
      self$optimizer = descriptor$optimizer %??% t_opt("adam")
      self$callbacks = descriptor$callbacks
    },

    .parts_identity = function() {
      c(super$.parts_identity(), list(hashable(unclass(private$.spec)), hashable(map(private$.ingress, given_token))))
    }
  )
)

check_inputs = function(inputs, ingress, id) {
  absent = setdiff(inputs, names(ingress))
  if (length(absent) && (length(ingress) || length(inputs) > 1L)) {
    abort("config", sprintf("Learner '%s': the network's input '%s' gets no features; say which %s.", id, absent[[1L]],
      sprintf("in 'ingress_tokens', as in `ingress_tokens = list(%s = ingress_num())`", absent[[1L]])),
      fields = list(input = absent))
  }
}
