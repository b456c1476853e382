# Layers whose arguments are not those of their operation.

#' @rdname torch_layers
#' @usage NULL
#' @export
nn_layer_norm = function(normalized_shape, eps = 1e-5, elementwise_affine = TRUE) {
  assert_size(normalized_shape, "nn_layer_norm(): 'normalized_shape'")
  new_layer("layer_norm", list(dims = length(normalized_shape), eps = eps, elementwise_affine = elementwise_affine),
    list(normalized_shape))
}

#' @rdname torch_layers
#' @usage NULL
#' @export
nn_embedding = function(num_embeddings, embedding_dim, padding_idx = NULL, max_norm = NULL, norm_type = 2,
  scale_grad_by_freq = FALSE, sparse = FALSE, .weight = NULL) {
  fixed = list(max_norm = max_norm, scale_grad_by_freq = if (!isFALSE(scale_grad_by_freq)) scale_grad_by_freq,
    sparse = if (!isFALSE(sparse)) sparse)
  changed = names(discard(fixed, is.null))
  if (length(changed)) {
    abort("argument", sprintf("nn_embedding(): '%s' can only have its default here.", changed[[1L]]))
  }
  module = new_layer("embedding", list(num_embeddings = num_embeddings, embedding_dim = embedding_dim,
    padding_idx = padding_idx), list(structure(1, is_class = TRUE)))
  if (!is.null(.weight)) with_no_grad(module$weight$copy_(.weight))
  module
}

#' @rdname torch_layers
#' @usage NULL
#' @export
nn_embedding_bag = nn_module("nn_embedding_bag",
  initialize = function(num_embeddings, embedding_dim, max_norm = NULL, norm_type = 2, scale_grad_by_freq = FALSE,
    mode = "mean", sparse = FALSE, include_last_offset = FALSE, padding_idx = NULL) {
    assert_size(num_embeddings, "nn_embedding_bag(): 'num_embeddings'")
    assert_size(embedding_dim, "nn_embedding_bag(): 'embedding_dim'")
    self$settings = list(max_norm = max_norm, norm_type = norm_type, scale_grad_by_freq = scale_grad_by_freq,
      mode = assert_choice(mode, c("sum", "mean", "max")), sparse = sparse, include_last_offset = include_last_offset,
      padding_idx = assert_int(padding_idx, lower = 1, upper = num_embeddings, null.ok = TRUE))
    weight = torch_randn(num_embeddings, embedding_dim)
    if (!is.null(padding_idx)) weight[padding_idx, ] = 0
    self$weight = nn_parameter(weight)
  },
  forward = function(input, offsets = NULL, per_sample_weights = NULL) {
    invoke(nnf_embedding_bag, input, self$weight, offsets = offsets, per_sample_weights = per_sample_weights,
      .args = self$settings)
  },
  reset_parameters = function() {
    nn_init_normal_(self$weight)
    if (!is.null(self$settings$padding_idx)) with_no_grad(self$weight[self$settings$padding_idx, ]$zero_())
    invisible(self)
  }
)
