#' @title Multi-Layer Perceptron
#'
#' @name mlr_learners.mlp
#' @aliases LearnerTorchMLP mlr_learners_classif.mlp mlr_learners_regr.mlp classif.mlp regr.mlp mlp
#' @aliases mlr_learners_surv.mlp mlr_learners_multiregr.mlp surv.mlp multiregr.mlp
#'
#' @description
#' A fully connected network: for each hidden layer a linear layer, an activation and dropout, then a linear head.
#' Without hidden layers, which is the default as in mlr3torch, it is a linear or logistic regression: set `neurons` for
#' more, as in `neurons = c(128, 128)`.
#'
#' Adam's learning rate is 0.01 without hidden layers, unless `opt.lr` is set: a linear model needs far fewer steps with
#' it than with 0.001, and comes to the same coefficients. With hidden layers, and with `scale = FALSE`, it is 0.001.
#'
#' @section Parameters:
#' Those of [LearnerTorch], and:
#' * `neurons` (`integer()`, `integer(0)`): the neurons of each hidden layer. The default has none: a linear model.
#' * `n_layers` (`integer(1)`): how many hidden layers of `neurons` neurons to build; only if `neurons` is a single
#'   number.
#' * `p` (`numeric(1)`, 0.1): the probability that dropout leaves out a neuron; with 0, no dropout is built.
#' * `activation` (`character(1)`, `"relu"`): the name of an activation, such as `"relu"`, `"tanh"` or `"gelu"`; also
#'   as `"nn_relu"` or `"ReLU"`.
#' * `activation_args` (named `list()`, none): its arguments.
#' * `shape` (`integer(2)`): the input's shape, `c(NA, columns)`; found from the features unless given.
#' * `scale` (`logical(1)`, `TRUE`): whether features and target are standardised inside the network, see the section
#'   *Scaling*.
#'
#' @section Scaling:
#' With `scale = TRUE`, the network itself standardises: its first node subtracts from each numeric feature the mean of
#' the training rows and divides by their standard deviation (divided by the number of rows; 1 for a constant feature).
#' Factors and logicals stay indicators. For regression, a last node multiplies what the network has computed by the
#' target's standard deviation and adds its mean. Case weights count in all of these as numbers of rows.
#' The numbers are fixed, belong to the network's weights, and go wherever it goes: a saved model, [jit_save()],
#' a checkpoint. A run that goes on keeps those it began with.
#'
#' Everything that you see has the task's units: `ctx$batch`, `ctx$y_hat`, measures, predictions, standard errors and
#' quantiles. Only the loss is computed before the last node, in units of the target's standard deviation, so learning
#' rates and the distances in `loss.beta` and `loss.delta` mean the same for every target. So do `train.loss` and
#' `valid.loss`: a mean squared error of 1 is that of predicting the mean. The loss `"poisson_nll"` is about rates,
#' which are not standardised; with it the network gives their logarithms, and predictions are rates. Several targets
#' at once (task type `"multiregr"`) are not standardised either. A loss that you have written sees outputs and target
#' in the task's units; if its outputs have another one, such as a logarithm, use `scale = FALSE`.
#'
#' The constants of the last layer start at the best guess without features: the target's mean, or the logarithms of
#' the classes' shares (for two classes, of their ratio); for several targets at 0.
#'
#' A subclass whose `.dataset()` reads rows while it trains does not scale: its rows are not known before.
#'
#' `scale = FALSE` leaves all of this out, as in mlr3torch. Then use `po("scale")` before the learner, and
#' `ppl("targettrafo")` around it.
#'
#' @family Learner
#' @export
#' @examples
#' learner = lrn("regr.mlp", neurons = c(32, 16), p = 0, epochs = 5, batch_size = 16, seed = 1)
#' learner$train(tsk("mtcars"))
#' learner$predict(tsk("mtcars"))
LearnerTorchMLP = R6Class("LearnerTorchMLP",
  inherit = LearnerTorch,
  public = list(
    #' @description Makes a learner.
    #' @param task_type (`character(1)`)\cr
    #'   `"classif"`, `"regr"`, `"multiregr"` or `"surv"`, see [torch_task_types].
    #' @param optimizer ([TorchOptimizer] or `character(1)`)\cr
    #'   The optimizer; Adam unless given.
    #' @param loss ([TorchLoss] or `character(1)`)\cr
    #'   The loss; cross entropy or the mean squared error unless given.
    #' @param callbacks (`list()` of [TorchCallback])\cr
    #'   The callbacks.
    initialize = function(task_type, optimizer = NULL, loss = NULL, callbacks = list()) {
      super$initialize(id = paste0(task_type, ".mlp"), task_type = task_type,
        param_set = param_set_like("mlp", mlp_param_set), label = "Multi-Layer Perceptron",
        man = "mlr3libtorch::mlr_learners.mlp", optimizer = optimizer, loss = loss, callbacks = callbacks)
    }
  ),

  private = list(
    .scales = function(param_vals) param_vals$scale,

    # A coefficient of 0.5 is 500 steps of Adam away at 0.001; see docs/decisions/defaults.md.
    .learning_rate = function(param_vals) if (private$.scales(param_vals) && !length(param_vals$neurons)) 0.01,

    .network_spec = function(task, param_vals, info) {
      neurons = hidden_neurons(param_vals$neurons, param_vals$n_layers, self$id)
      check_input_shape(param_vals$shape, task, info, self$id)
      mlp_spec(neurons, param_vals, network_outputs(task, self$loss))
    }
  )
)

mlp_param_set = function() {
  ps(
    neurons = p_uty(init = integer(0), tags = c("train", "predict"), custom_check = crate(function(x) {
      check_integerish(x, lower = 1, any.missing = FALSE)
    }, .parent = topenv())),
    n_layers = p_whole(lower = 1L, tags = "train"),
    p = p_dbl(lower = 0, upper = 1, init = 0.1, tags = "train"),
    activation = p_uty(init = "relu", tags = "train", custom_check = crate(function(x) check_activation(x),
      .parent = topenv())),
    activation_args = p_uty(init = named_list(), tags = "train", custom_check = crate(function(x) {
      check_list(x, names = "unique")
    }, .parent = topenv())),
    shape = p_checked(check_table_shape, tags = "train"),
    scale = scale_param()
  )
}

hidden_neurons = function(neurons, n_layers, id) {
  if (is.null(n_layers)) {
    return(as.integer(neurons))
  }
  if (length(neurons) != 1L) {
    abort("parameter", sprintf("Learner '%s': 'n_layers' repeats one hidden layer, but 'neurons' has %i values; %s", id,
      length(neurons), "give one number of neurons, or leave 'n_layers' out."))
  }
  rep(as.integer(neurons), n_layers)
}

check_table_shape = function(x) check_integerish(x, lower = 1, len = 2L, null.ok = TRUE)

check_input_shape = function(shape, task, info, id) {
  columns = sum(feature_widths(info[!info$target, ]))
  if (columns == 0L) {
    abort("features", sprintf("Learner '%s' needs at least one feature, but task '%s' has none.", id, task$id))
  }
  if (!is.null(shape) && !identical(as.numeric(shape[[2L]]), as.numeric(columns))) {
    abort("parameter", sprintf("Learner '%s': 'shape' has %s columns, but the features have %i.", id,
      format(shape[[2L]]), columns))
  }
}

mlp_spec = function(neurons, param_vals, outputs) {
  layers = unlist(imap(as.list(neurons), function(size, i) hidden_layer(i, size, param_vals)), recursive = FALSE)
  head = spec_node("head", "linear", list(out_features = outputs))
  list(inputs = "x", nodes = chain_nodes(c(layers, list(head)), "x"))
}

hidden_layer = function(i, size, param_vals) {
  node = function(kind, operation, parameters) spec_node(paste0(kind, i), operation, parameters)
  c(
    list(
      node("linear", "linear", list(out_features = size)),
      activation_node(paste0("activation", i), param_vals$activation, param_vals$activation_args)
    ),
    if (param_vals$p > 0) list(node("dropout", "dropout", list(p = param_vals$p)))
  )
}
