# Vectors looked up in a table.

# Vectors that are used and longer than `max_norm` are shortened in the table itself.
shorten_vectors = function(weight, input, max_norm, norm_type) {
  if (!is.null(max_norm)) {
    with_no_grad(torch_call("embedding_renorm_", weight, input$contiguous(), max_norm, norm_type))
  }
}

#' @rdname torch_functional
#' @param padding_idx (`integer(1)` or `NULL`)\cr
#'   The index whose vector gets no gradient; in a bag, the index that is left out.
#' @param max_norm (`numeric(1)` or `NULL`)\cr
#'   Vectors that are longer are shortened in `weight` itself.
#' @param scale_grad_by_freq (`logical(1)`)\cr
#'   Whether a gradient is divided by how often its index occurs.
#' @param sparse (`logical(1)`)\cr
#'   Whether the gradient of `weight` is sparse.
#' @export
nnf_embedding = function(input, weight, padding_idx = NULL, max_norm = NULL, norm_type = 2,
  scale_grad_by_freq = FALSE, sparse = FALSE) {
  shorten_vectors(weight, input, max_norm, norm_type)
  torch_call("embedding", weight, input, padding_idx = padding_idx %??% -1L, scale_grad_by_freq = scale_grad_by_freq,
    sparse = sparse)
}

#' @rdname torch_functional
#' @param offsets (`torch_tensor` or `NULL`)\cr
#'   Where each bag begins in an `input` of one dimension; of two dimensions, each row is a bag.
#' @param per_sample_weights (`torch_tensor` or `NULL`)\cr
#'   What each vector is multiplied by, in the shape of `input`.
#' @param include_last_offset (`logical(1)`)\cr
#'   Whether `offsets` ends with the end of the last bag.
#' @export
nnf_embedding_bag = function(input, weight, offsets = NULL, max_norm = NULL, norm_type = 2,
  scale_grad_by_freq = FALSE, mode = "mean", sparse = FALSE, per_sample_weights = NULL, include_last_offset = FALSE,
  padding_idx = NULL) {
  shape = dim(input)
  if (length(shape) == 2L) {
    if (!is.null(offsets)) {
      abort("argument", "An input of two dimensions has a bag in each row and takes no 'offsets'.",
        list(argument = "offsets"))
    }
    offsets = torch_tensor(seq(1L, by = shape[[2L]], length.out = shape[[1L]]), device = input$device)
    input = input$reshape(-1)
    if (!is.null(per_sample_weights)) per_sample_weights = per_sample_weights$reshape(-1)
  }
  shorten_vectors(weight, input, max_norm, norm_type)
  bags = without_padding(list(input = input, offsets = offsets, weights = per_sample_weights), padding_idx)
  torch_call("embedding_bag", weight, bags$input, offsets = bags$offsets, scale_grad_by_freq = scale_grad_by_freq,
    mode = number_of_word(mode, c("sum", "mean", "max"), "mode"), sparse = sparse,
    per_sample_weights = bags$weights, include_last_offset = include_last_offset)[[1L]]
}

# The bags without the index `padding_idx`: list(input, offsets, weights).
without_padding = function(bags, padding_idx) {
  if (is.null(padding_idx)) {
    return(bags)
  }
  numbers = as.integer(bags$input)
  is_padding = numbers == assert_int(padding_idx, lower = 1)
  starts = as.integer(bags$offsets)
  device = bags$input$device
  kept = torch_tensor(which(!is_padding), dtype = torch_long(), device = device)
  list(
    input = bags$input$index_select(1L, kept),
    offsets = torch_tensor(starts - c(0L, cumsum(is_padding))[starts], device = device),
    weights = if (!is.null(bags$weights)) bags$weights$index_select(1L, kept)
  )
}
