#' @title Residual Network for Tables
#'
#' @name mlr_learners.tab_resnet
#' @aliases LearnerTorchTabResNet mlr_learners_classif.tab_resnet mlr_learners_regr.tab_resnet
#' @aliases classif.tab_resnet regr.tab_resnet tab_resnet
#'
#' @description
#' The ResNet of Gorishniy et al. (2021).
#' A linear layer to `d_block` features; `n_blocks` blocks, each of which applies batch normalisation, a linear layer to
#' `d_hidden` features, ReLU, dropout, a linear layer back and dropout, and adds the result to its input; then batch
#' normalisation, ReLU and a linear head.
#'
#' Batch normalisation cannot compute the variance of a batch of one row: if the last batch of an epoch has one row, it
#' is left out.
#'
#' @section Parameters:
#' Those of [LearnerTorch], and:
#' * `n_blocks` (`integer(1)`, 2): the number of blocks.
#' * `d_block` (`integer(1)`, 192): the features between blocks.
#' * `d_hidden` (`integer(1)`): the features inside a block.
#' * `d_hidden_multiplier` (`numeric(1)`, 2): the same in multiples of `d_block`; only without `d_hidden`.
#' * `dropout1` (`numeric(1)`, 0.15): the probability that dropout leaves out a feature inside a block.
#' * `dropout2` (`numeric(1)`, 0): the same at the end of a block.
#' * `shape` (`integer(2)`): the input's shape, `c(NA, columns)`; found from the features unless given.
#' * `scale` (`logical(1)`, `TRUE`): whether features and target are standardised inside the network, see the section
#'   *Scaling*.
#'
#' The initial values are the defaults that the authors of the paper recommend.
#'
#' @inheritSection mlr_learners.mlp Scaling
#'
#' @references
#' Gorishniy, Rubachev, Khrulkov, Babenko (2021). "Revisiting Deep Learning Models for Tabular Data." NeurIPS 34.
#'
#' @family Learner
#' @export
#' @examples
#' learner = lrn("regr.tab_resnet", d_block = 16, epochs = 5, batch_size = 16, seed = 1)
#' learner$train(tsk("mtcars"))
#' learner$predict(tsk("mtcars"))
LearnerTorchTabResNet = R6Class("LearnerTorchTabResNet",
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
      super$initialize(id = paste0(task_type, ".tab_resnet"), task_type = task_type,
        param_set = param_set_like("tab_resnet", tab_resnet_param_set), label = "Residual Network for Tables",
        man = "mlr3libtorch::mlr_learners.tab_resnet", optimizer = optimizer, loss = loss, callbacks = callbacks)
    }
  ),

  private = list(
    .scales = function(param_vals) param_vals$scale,

    .network_spec = function(task, param_vals, info) {
      check_input_shape(param_vals$shape, task, info, self$id)
      tab_resnet_spec(param_vals, hidden_width(param_vals, self$id), network_outputs(task, self$loss))
    }
  )
)

tab_resnet_param_set = function() {
  ps(
    n_blocks = p_whole(lower = 0L, init = 2L, tags = "train"),
    d_block = p_whole(lower = 1L, init = 192L, tags = "train"),
    d_hidden = p_whole(lower = 1L, tags = "train"),
    d_hidden_multiplier = p_dbl(lower = 0, default = 2, tags = "train"),
    dropout1 = p_dbl(lower = 0, upper = 1, init = 0.15, tags = "train"),
    dropout2 = p_dbl(lower = 0, upper = 1, init = 0, tags = "train"),
    shape = p_checked(check_table_shape, tags = "train"),
    scale = scale_param()
  )
}

# `[[`, because `$` would take the multiplier for the width.
hidden_width = function(param_vals, id) {
  width = param_vals[["d_hidden"]]
  multiplier = param_vals[["d_hidden_multiplier"]]
  if (is.null(width)) {
    return(max(1L, as.integer(param_vals$d_block * (multiplier %??% 2))))
  }
  check_one_width(param_vals, "d_hidden", id)
  width
}

# A width, or a multiple of another one.
check_one_width = function(param_vals, name, id) {
  both = c(name, paste0(name, "_multiplier"))
  if (all(both %in% names(param_vals))) {
    abort("parameter", sprintf("Learner '%s': %s set the same thing; leave one of them out.", id,
      str_collapse(both, quote = "'", sep = " and ")))
  }
}

tab_resnet_spec = function(param_vals, d_hidden, outputs) {
  ends = c("linear", sprintf("sum%i", seq_len(param_vals$n_blocks)))
  blocks = imap(ends[-length(ends)], function(input, i) residual_block(i, input, d_hidden, param_vals))
  last = chain_nodes(list(
    spec_node("norm", "batch_norm1d"),
    spec_node("activation", "relu"),
    spec_node("head", "linear", list(out_features = outputs))
  ), ends[[length(ends)]])
  first = spec_node("linear", "linear", list(out_features = param_vals$d_block), "x")
  list(inputs = "x", nodes = c(list(first), unlist(unname(blocks), recursive = FALSE), last))
}

# The nodes of block `i`, which ends with the sum of its input and what it computes from it.
residual_block = function(i, input, d_hidden, param_vals) {
  node = function(kind, operation, parameters = named_list()) spec_node(paste0(kind, i), operation, parameters)
  dropout = function(kind, p) if (p > 0) list(node(kind, "dropout", list(p = p)))
  branch = chain_nodes(c(
    list(node("norm", "batch_norm1d"), node("hidden", "linear", list(out_features = d_hidden)),
      node("activation", "relu")),
    dropout("dropout_hidden", param_vals$dropout1),
    list(node("linear", "linear", list(out_features = param_vals$d_block))),
    dropout("dropout", param_vals$dropout2)
  ), input)
  end = branch[[length(branch)]]$id
  c(branch, list(spec_node(paste0("sum", i), "merge_sum", inputs = c(input, end))))
}
