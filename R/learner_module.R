#' @title Learner for a Module
#'
#' @name mlr_learners.module
#' @aliases LearnerTorchModule mlr_learners_classif.module mlr_learners_regr.module classif.module regr.module
#' @aliases mlr_learners_surv.module mlr_learners_multiregr.module surv.module multiregr.module
#'
#' @description
#' Trains a module that is made for the task: `module_generator` is called with the task and with the learner's own
#' parameters, so they can be tuned.
#'
#' The module's `forward` has one argument for each of `ingress_tokens`, of the same name. Without them it has one,
#' which gets all features as one tensor, factors one-hot. It must return what the loss needs, see the section
#' on encodings of [LearnerTorch]; `output_dim_for()` gives the number of outputs.
#'
#' Random numbers that the module draws while it is made depend on the learner's `seed`.
#'
#' @section Parameters:
#' Those of [LearnerTorch], and one for each argument of the generator except `task`.
#'
#' @family Learner
#' @export
#' @examples
#' one_layer = nn_module("one_layer",
#'   initialize = function(task, size_hidden) {
#'     self$hidden = nn("linear", out_features = size_hidden)
#'     self$output = nn("linear", out_features = output_dim_for(task))
#'   },
#'   forward = function(x) self$output(self$hidden(x)$relu())
#' )
#' learner = lrn("classif.module",
#'   module_generator = one_layer, ingress_tokens = list(x = ingress_num()),
#'   size_hidden = 20, epochs = 5, batch_size = 16)
#' learner$train(tsk("iris"))
LearnerTorchModule = R6Class("LearnerTorchModule",
  inherit = LearnerTorchModel,
  public = list(
    #' @description Makes a learner.
    #' @param task_type (`character(1)`)\cr
    #'   `"classif"` or `"regr"`.
    #' @param module_generator (`nn_module_generator` or `function`)\cr
    #'   What [nn_module()] returns, or a function that returns one of its modules. It has an argument `task`.
    #' @param param_set ([paradox::ParamSet])\cr
    #'   The parameters; unless given, one of any type for each argument of the generator except `task`.
    #' @param ingress_tokens (named `list()` of [ingress][ingress_num])\cr
    #'   Which features become which argument of `forward`.
    #' @param optimizer ([TorchOptimizer] or `character(1)`)\cr
    #'   The optimizer; Adam unless given.
    #' @param loss ([TorchLoss] or `character(1)`)\cr
    #'   The loss; cross entropy or the mean squared error unless given.
    #' @param callbacks (`list()` of [TorchCallback])\cr
    #'   The callbacks.
    initialize = function(task_type, module_generator = NULL, param_set = NULL, ingress_tokens = NULL,
      optimizer = NULL, loss = NULL, callbacks = list()) {
      super$initialize(task_type, ingress_tokens = ingress_tokens, optimizer = optimizer, loss = loss,
        callbacks = callbacks)
      self$id = paste0(task_type, ".module")
      self$label = "Module"
      self$man = "mlr3libtorch::mlr_learners.module"
      private$.generator = check_module_generator(module_generator, sprintf("Learner '%s'", self$id),
        "a learner for one is `lrn(\"classif.torch_model\", network = module)`")
      arguments = generator_arguments(module_generator)
      own = param_set %??% constructor_param_set(arguments[setdiff(names(arguments), c("task", "..."))])
      private$.own_params = check_own_params(own, self$id)
    }
  ),

  private = list(
    .generator = NULL,

    .made_spec = function(task, param_vals) {
      arguments = param_vals[intersect(names(param_vals), private$.own_params$ids())]
      takes = generator_arguments(private$.generator)
      check_generator_arguments(takes, c("task", names(arguments)), sprintf("Learner '%s'", self$id))
      if (any(c("task", "...") %in% names(takes))) {
        arguments$task = task
      }
      module = made_with_seed(invoke(private$.generator, .args = arguments), param_vals$seed)
      module_spec(module, private$.input_names(), self$id, "'module_generator'")
    },

    .input_names = function() {
      if (is.null(private$.generator)) {
        abort("config", sprintf("Learner '%s' has no module; give a generator, %s.", self$id,
          sprintf("as in `lrn(\"%s\", module_generator = nn_module(...))`", self$id)))
      }
      ordered_inputs(names(private$.ingress), method_of_generator(private$.generator, "forward"), self$id)
    },

    .identity = function() c(super$.identity(), list(hashable(private$.generator)))
  )
)
