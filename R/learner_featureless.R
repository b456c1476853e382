#' @title Featureless Learner
#'
#' @name mlr_learners.torch_featureless
#' @aliases LearnerTorchFeatureless mlr_learners_classif.torch_featureless mlr_learners_regr.torch_featureless
#' @aliases classif.torch_featureless regr.torch_featureless torch_featureless
#'
#' @description
#' Its output is the same for every row: a learned constant.
#' In regression it comes close to the mean (loss `mse`) or the median (`l1`) of the target, in classification the
#' probabilities come close to the frequencies of the classes.
#'
#' @section Parameters:
#' Those of [LearnerTorch].
#'
#' @family Learner
#' @export
#' @examples
#' learner = lrn("classif.torch_featureless", epochs = 50, batch_size = 50, opt.lr = 0.1, seed = 1)
#' learner$train(tsk("iris"))
LearnerTorchFeatureless = R6Class("LearnerTorchFeatureless",
  inherit = LearnerTorch,
  public = list(
    #' @description Makes a learner.
    #' @param task_type (`character(1)`)\cr
    #'   `"classif"` or `"regr"`.
    #' @param optimizer ([TorchOptimizer] or `character(1)`)\cr
    #'   The optimizer; Adam unless given.
    #' @param loss ([TorchLoss] or `character(1)`)\cr
    #'   The loss; cross entropy or the mean squared error unless given.
    #' @param callbacks (`list()` of [TorchCallback])\cr
    #'   The callbacks.
    initialize = function(task_type, optimizer = NULL, loss = NULL, callbacks = list()) {
      super$initialize(id = paste0(task_type, ".torch_featureless"), task_type = task_type,
        feature_types = unname(mlr_reflections$task_feature_types), properties = c("featureless", "missings"),
        label = "Featureless Learner", man = "mlr3libtorch::mlr_learners.torch_featureless", optimizer = optimizer,
        loss = loss, callbacks = callbacks)
    }
  ),

  private = list(
    .network_spec = function(task, param_vals, info) {
      parameters = list(out_features = network_outputs(task, self$loss))
      list(inputs = "x", nodes = chain_nodes(list(spec_node("constant", "constant", parameters)), "x"))
    },

    # Only the number of rows is used.
    .inputs = function(param_vals, info) list(x = list(kind = "nothing"))
  )
)
