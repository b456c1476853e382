#' @title Adaptive Softmax for Many Classes
#'
#' @description
#' The log softmax of many classes, of which the first are the most frequent. Those up to the first of `cutoffs` have an
#' output each; the others are in clusters, whose outputs are computed from fewer features and, if the classes are
#' given, only for the rows of that cluster.
#'
#' Called with `input` (rows, features) and `target`, class numbers from 1, it returns
#' `list(output = <log probability of each row's class>, loss = <mean of -output>)`. `$log_prob(input)` gives the log
#' probabilities of all classes, `$predict(input)` the most likely class.
#'
#' @param ... `in_features`, `n_classes`; `cutoffs`: the last class of the head and of each group but the last, in
#'   increasing order; `div_value` (4): how many times fewer features a cluster has than the one before;
#'   `head_bias` (`FALSE`): whether the head adds constants.
#' @param id,reads (`character()`)
#'   The layer's name and what it reads as a node of a network, see [nn()].
#' @return A module, class `nn_module`.
#' @family Module
#' @export
#' @examples
#' softmax = nn_adaptive_log_softmax_with_loss(8, 20, cutoffs = c(5, 10))
#' softmax(torch_randn(3, 8), torch_tensor(c(1L, 7L, 20L)))$loss
#' softmax$log_prob(torch_randn(3, 8))$shape
nn_adaptive_log_softmax_with_loss = nn_module("nn_adaptive_log_softmax_with_loss",
  initialize = function(in_features, n_classes, cutoffs, div_value = 4, head_bias = FALSE) {
    assert_size(in_features, "nn_adaptive_log_softmax_with_loss(): 'in_features'")
    assert_size(n_classes, "nn_adaptive_log_softmax_with_loss(): 'n_classes'")
    assert_cutoffs(cutoffs, n_classes)
    assert_number(div_value, lower = 1, finite = TRUE)
    self$ends = as.integer(c(cutoffs, n_classes))
    self$n_classes = as.integer(n_classes)
    self$head = nn_linear(in_features, cutoffs[[1L]] + length(cutoffs), bias = assert_flag(head_bias))
    self$tail = nn_module_list(map(seq_along(cutoffs), function(i) {
      size = max(1, in_features %/% div_value^i)
      nn_sequential(nn_linear(in_features, size, bias = FALSE),
        nn_linear(size, self$ends[[i + 1L]] - self$ends[[i]], bias = FALSE))
    }))
  },
  forward = function(input, target) {
    target = as_classes_tensor(target, input, self$n_classes)
    output = self$log_prob_of(input, target)
    list(output = output, loss = -output$mean())
  },
  # computes a cluster only for its rows
  log_prob_of = function(input, target) {
    head = nnf_log_softmax(self$head(input), dim = 2)
    first = self$ends[[1L]]
    values = head$gather(2, target$clamp(max = first)$unsqueeze(2))$squeeze(2)
    values = values * (target <= first)
    for (i in seq_along(self$tail)) {
      rows = torch_nonzero((target > self$ends[[i]]) & (target <= self$ends[[i + 1L]]))$squeeze(2)
      if (rows$numel() == 0L) next
      inside = nnf_log_softmax(self$tail[[i]](input$index_select(1, rows)), dim = 2)
      classes = target$index_select(1, rows) - self$ends[[i]]
      found = inside$gather(2, classes$unsqueeze(2))$squeeze(2) + head$index_select(1, rows)[, first + i]
      values = values$index_add(1, rows, found)
    }
    values
  },
  log_prob = function(input) {
    head = nnf_log_softmax(self$head(input), dim = 2)
    first = self$ends[[1L]]
    clusters = map(seq_along(self$tail), function(i) {
      nnf_log_softmax(self$tail[[i]](input), dim = 2) + head$narrow(2, first + i, 1)
    })
    torch_cat(c(list(head$narrow(2, 1, first)), clusters), dim = 2)
  },
  predict = function(input) self$log_prob(input)$argmax(dim = 2)
)

assert_cutoffs = function(cutoffs, n_classes) {
  if (!test_integerish(cutoffs, lower = 1, upper = n_classes - 1, any.missing = FALSE, min.len = 1L, unique = TRUE) ||
    is.unsorted(cutoffs)) {
    abort("argument", sprintf("%s: 'cutoffs' must be increasing whole numbers from 1 to %s, not %s.",
      "nn_adaptive_log_softmax_with_loss()", format(n_classes - 1), as_short_string(cutoffs)))
  }
}

as_classes_tensor = function(target, input, n_classes) {
  if (!inherits(target, "torch_tensor") || length(target$shape) != 1L || target$numel() != input$shape[[1L]]) {
    abort("shape", sprintf("'target' must be a tensor with the number of a class for each of %i rows, not %s.",
      input$shape[[1L]], as_short_string(target)))
  }
  if (target$numel() && (target$min()$item() < 1 || target$max()$item() > n_classes)) {
    abort("target", sprintf("'target' must hold class numbers from 1 to %s.", format(n_classes)))
  }
  target$to(dtype = "int64")
}
