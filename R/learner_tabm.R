#' @title TabM
#'
#' @name mlr_learners.tabm
#' @aliases LearnerTorchTabM mlr_learners_classif.tabm mlr_learners_regr.tabm classif.tabm regr.tabm tabm
#'
#' @description
#' TabM of Gorishniy et al. (2025): one network that is an ensemble of `k` multi-layer perceptrons, its members, which
#' share most of their weights.
#' Each member makes its own prediction.
#' In training the members count as rows, so the loss is the mean of their losses.
#' In prediction their probabilities are averaged for classification, their outputs for regression; with the loss
#' `"gaussian_nll"` mean and variance are those of the mixture of the members.
#'
#' @section Parameters:
#' Those of [LearnerTorch], and:
#' * `arch_type` (`character(1)`, `"tabm"`): with `"tabm"`, each member has its own factors for the inputs and outputs
#'   of each linear layer, and its own constants; with `"tabm-mini"` each member has factors for the network's input
#'   only.
#'   Both end with a linear layer for each member.
#' * `k` (`integer(1)`, 32): the number of members.
#' * `n_blocks` (`integer(1)`): the number of hidden layers; 3 without `num_embeddings` and 2 with, unless given.
#' * `d_block` (`integer(1)`, 512): the neurons of a hidden layer.
#' * `dropout` (`numeric(1)`, 0.1): the probability that dropout leaves out a neuron.
#' * `activation` (`character(1)`, `"relu"`): the name of an activation; also as `"nn_relu"` or `"ReLU"`.
#' * `start_scaling_init` (`character(1)`): how the factors of the network's input are drawn, which makes the
#'   members differ: `"random-signs"` without `num_embeddings` and `"normal"` with, unless given. All others
#'   start as ones.
#' * `num_embeddings` (`character(1)`, `"none"`): how each numeric feature is embedded: `"linear_relu"`, a linear
#'   map; `"periodic"`, sine and cosine at learned frequencies, then a linear layer; `"piecewise_linear"`, the position
#'   in bins between quantiles of the training data, then a linear layer, plus a linear map.
#' * `d_embedding` (`integer(1)`): the size of an embedding; 32, 24 and 16 for the three, unless given.
#' * `n_frequencies` (`integer(1)`, 48), `frequency_init_scale` (`numeric(1)`, 0.01): for `"periodic"`: the number of
#'   frequencies of each feature and their initial standard deviation.
#' * `lite` (`logical(1)`, `FALSE`): for `"periodic"`: whether all features share one linear layer. It needs an
#'   activation after it.
#' * `embedding_activation` (`logical(1)`): whether an embedding by `"periodic"` or `"piecewise_linear"` ends with ReLU;
#'   `TRUE` for the first and `FALSE` for the second, unless given.
#' * `n_bins` (`integer(1)`, 48): for `"piecewise_linear"`: the number of bins of each feature; fewer if quantiles are
#'   equal.
#' * `scale` (`logical(1)`, `TRUE`): whether features and target are standardised inside the network, see the section
#'   *Scaling*.
#'
#' With `num_embeddings` the dataset has the inputs `x_num`, the numeric features, and `x`, the others, one-hot.
#'
#' @inheritSection mlr_learners.mlp Scaling
#'
#' @references
#' Gorishniy, Kotelnikov, Babenko (2025). "TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling."
#' ICLR.
#'
#' Gorishniy, Rubachev, Babenko (2022). "On Embeddings for Numerical Features in Tabular Deep Learning." NeurIPS 35.
#'
#' @family Learner
#' @export
#' @examples
#' learner = lrn("classif.tabm", k = 4, d_block = 16, epochs = 5, batch_size = 32, seed = 1,
#'   predict_type = "prob")
#' learner$train(tsk("iris"))
#' learner$predict(tsk("iris"))
LearnerTorchTabM = R6Class("LearnerTorchTabM",
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
      super$initialize(id = paste0(task_type, ".tabm"), task_type = task_type,
        param_set = param_set_like("tabm", tabm_param_set), label = "TabM",
        man = "mlr3libtorch::mlr_learners.tabm", optimizer = optimizer, loss = loss, callbacks = callbacks)
    }
  ),

  private = list(
    .scales = function(param_vals) param_vals$scale,

    .network_spec = function(task, param_vals, info) {
      check_input_shape(NULL, task, info, self$id)
      input = if (is_embedded(param_vals, info)) embedding_nodes(task, param_vals, info)
      tabm_spec(param_vals, network_outputs(task, self$loss), input, embedding_inputs(param_vals, info))
    },

    .averages_members = TRUE,

    .inputs = function(param_vals, info) {
      # a trained network has the inputs that it was trained with, whatever the parameter is now
      is_prediction = is.null(private$.running) && !is.null(self$model)
      inputs = if (is_prediction) private$.model()$network$spec$inputs else embedding_inputs(param_vals, info)
      if ("x_num" %nin% inputs) {
        return(super$.inputs(param_vals, info))
      }
      columns = list(x_num = is_number_type(info$type), x = !is_number_type(info$type))[inputs]
      map(columns, function(chosen) columns_input(info[chosen & !info$target, ]))
    }
  )
)

tabm_param_set = function() {
  ps(
    arch_type = p_fct(c("tabm", "tabm-mini"), init = "tabm", tags = "train"),
    k = p_whole(lower = 1L, init = 32L, tags = "train"),
    n_blocks = p_whole(lower = 1L, tags = "train"),
    d_block = p_whole(lower = 1L, init = 512L, tags = "train"),
    dropout = p_dbl(lower = 0, upper = 1, init = 0.1, tags = "train"),
    activation = p_uty(init = "relu", tags = "train", custom_check = crate(function(x) check_activation(x),
      .parent = topenv())),
    start_scaling_init = p_fct(c("random-signs", "normal"), tags = "train"),
    num_embeddings = p_fct(names(embedding_sizes), init = "none", tags = "train"),
    d_embedding = p_whole(lower = 1L, tags = "train"),
    n_frequencies = p_whole(lower = 1L, init = 48L, tags = "train"),
    frequency_init_scale = p_dbl(lower = 0, init = 0.01, tags = "train"),
    lite = p_lgl(init = FALSE, tags = "train"),
    embedding_activation = p_lgl(tags = "train"),
    n_bins = p_whole(lower = 1L, init = 48L, tags = "train"),
    scale = scale_param()
  )
}

# `inputs` of the network; `embedding`: nodes that end with what the members read, or NULL.
tabm_spec = function(param_vals, outputs, embedding = NULL, inputs = "x") {
  embeds = !is.null(embedding)
  start = param_vals$start_scaling_init %??% if (embeds) "normal" else "random-signs"
  is_mini = param_vals$arch_type == "tabm-mini"
  adapter = if (is_mini) {
    list(spec_node("adapter", "ensemble_scale", list(members = param_vals$k, initialization = start)))
  }
  blocks = map(seq_len(param_vals$n_blocks %??% if (embeds) 2L else 3L), function(i) {
    tabm_block(i, param_vals, is_mini, if (i == 1L) start else "ones")
  })
  head = spec_node("head", "separate_linear", list(out_features = outputs))
  input = if (embeds) embedding[[length(embedding)]]$id else inputs
  nodes = chain_nodes(c(adapter, unlist(blocks, recursive = FALSE), list(head)), input)
  list(inputs = inputs, nodes = c(embedding, nodes))
}

tabm_block = function(i, param_vals, is_mini, initialization) {
  node = function(kind, operation, parameters = named_list()) spec_node(paste0(kind, i), operation, parameters)
  size = list(out_features = param_vals$d_block)
  linear = if (is_mini) {
    node("linear", "linear", size)
  } else {
    node("linear", "ensemble_linear", c(size, list(members = param_vals$k, initialization = initialization)))
  }
  dropout = if (param_vals$dropout > 0) list(node("dropout", "dropout", list(p = param_vals$dropout)))
  c(list(linear, activation_node(paste0("activation", i), param_vals$activation)), dropout)
}
