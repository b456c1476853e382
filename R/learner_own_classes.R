#' @title Write Your Own Learner
#'
#' @name torch_learner_classes
#'
#' @description
#' A class that inherits from [LearnerTorch] is a learner like those of this package. It defines private methods, whose
#' arguments are the task and `param_vals`, the values of the learner's parameters:
#' * `.network(task, param_vals)`: returns the network, a [module][nn_module] or what [nn_sequential()] makes. Its
#'   output must be what the loss needs, see the section on encodings of [LearnerTorch]; [output_dim_for()] says how
#'   many numbers that are. Random numbers that it draws depend on the learner's `seed`. A module whose `forward` only
#'   calls layers is compiled, others run in R, see [nn_module()].
#' * `.ingress_tokens(task, param_vals)`: returns a named list that says which features become which argument of the
#'   module's `forward`, such as `list(x = ingress_num())`. Without it, the network has one input, which gets all
#'   features, factors as indicators.
#' * `.dataset(task, param_vals)`: returns a [dataset()] that reads the rows, such as a [task_dataset()]. Without it,
#'   the features are tensors in memory, which is faster.
#' * `.loss_fn(task, param_vals)`: returns what is minimised, a [TorchLoss] or a module; the field `loss` unless
#'   defined.
#'   `super$.loss_fn(task, param_vals)` is that.
#' * `.check_train_task(task, param_vals)`, `.check_predict_task(task, param_vals)`: return `TRUE`, or in words why the
#'   task does not fit.
#' * `.encode_prediction(predict_tensor, task)`: returns the list that [mlr3::as_prediction_data()] takes.
#'
#' @section Parameters:
#' The constructor's `param_set` is a [paradox::ParamSet], or a list of parameter sets and of functions that return
#' one. An `alist()` may have expressions of `self` and `private`, such as `alist(private$.param_set_base)`, for sets
#' that the class keeps in a field, which it sets before it calls `super$initialize()`.
#'
#' @family Learner
#' @examples
#' LearnerTorchTwoLayers = R6::R6Class("LearnerTorchTwoLayers",
#'   inherit = LearnerTorch,
#'   public = list(
#'     initialize = function(task_type, optimizer = NULL, loss = NULL, callbacks = list()) {
#'       super$initialize(id = paste0(task_type, ".two_layers"), task_type = task_type,
#'         param_set = paradox::ps(width = paradox::p_int(1, tags = c("train", "required"))),
#'         feature_types = c("numeric", "integer"), label = "Two Layers",
#'         optimizer = optimizer, loss = loss, callbacks = callbacks)
#'     }
#'   ),
#'   private = list(
#'     .network = function(task, param_vals) {
#'       nn_sequential(
#'         nn_linear(length(task$feature_names), param_vals$width),
#'         nn_relu(),
#'         nn_linear(param_vals$width, output_dim_for(task))
#'       )
#'     }
#'   )
#' )
#' learner = LearnerTorchTwoLayers$new("classif")
#' learner$param_set$set_values(width = 10, epochs = 5, batch_size = 50)
#' learner$train(tsk("iris"))
NULL
