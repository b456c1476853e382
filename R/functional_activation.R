# Activations that are several operations.

#' @rdname torch_functional
#' @export
nnf_softmin = function(input, dim, dtype = NULL) nnf_softmax(-input, dim, dtype)

#' @rdname torch_functional
#' @export
nnf_softsign = function(input) input / (input$abs() + 1)

#' @rdname torch_functional
#' @export
nnf_tanhshrink = function(input) input - input$tanh()

#' @rdname torch_functional
#' @param tau (`numeric(1)`)\cr
#'   The temperature.
#' @param hard (`logical(1)`)\cr
#'   Whether the samples are one-hot; their gradient is that of the soft ones.
#' @export
nnf_gumbel_softmax = function(logits, tau = 1, hard = FALSE, dim = -1) {
  # minus the logarithm of an exponential variable is a Gumbel variable
  noise = -torch_empty_like(logits)$exponential_()$log()
  soft = nnf_softmax((logits + noise) / tau, dim)
  if (!hard) {
    return(soft)
  }
  largest = soft$argmax(dim, keepdim = TRUE)
  one_hot = torch_zeros_like(logits)$scatter_(dim, largest, 1)
  one_hot - soft$detach() + soft
}

#' @rdname torch_functional
#' @export
nnf_contrib_sparsemax = function(input, dim = -1) {
  # The projection onto the simplex: of the sorted values, those above a threshold remain.
  sorted = input$sort(dim, descending = TRUE)[[1L]]
  size = sorted$size(dim)
  shape = rep(1L, length(dim(input)))
  shape[[if (dim < 0) length(shape) + 1L + dim else dim]] = size
  ranks = torch_arange(1, size, dtype = input$dtype, device = input$device)$reshape(shape)
  sums = sorted$cumsum(dim) - 1
  count = (ranks * sorted > sums)$sum(dim, keepdim = TRUE)
  threshold = sums$gather(dim, count) / count
  (input - threshold)$clamp_min(0)
}
