#' @title Multi-head Attention and Transformer Layers
#'
#' @description
#' `nn_multihead_attention()` is called with `query`, `key` and `value`, and maybe `key_padding_mask`, `need_weights`,
#' `attn_mask` and `avg_weights`, see [nnf_multi_head_attention_forward()]; it returns `list(output, weights)`.
#' `nn_transformer_encoder_layer()` and `nn_transformer_encoder()` are called with the tokens, and maybe `src_mask` and
#' `src_key_padding_mask`.
#'
#' Tokens have the shape (tokens, rows, features), or (rows, tokens, features) if `batch_first`. As nodes of networks,
#' [`nn("multihead_attention")`][nn()] and `nn("transformer_encoder_layer")` take (rows, tokens, features).
#'
#' @param ... `nn_multihead_attention()`: `embed_dim`, `num_heads`, `dropout` (0), `bias` (`TRUE`), `add_bias_kv`
#'   (`FALSE`), `add_zero_attn` (`FALSE`), `kdim` and `vdim` (`embed_dim`), `batch_first` (`FALSE`).
#'   `nn_transformer_encoder_layer()`: `d_model`, `nhead`, `dim_feedforward` (2048), `dropout` (0.1), `activation`
#'   (`"relu"`, `"gelu"` or a function), `layer_norm_eps` (1e-5), `batch_first` (`FALSE`), `norm_first` (`FALSE`),
#'   `bias` (`TRUE`).
#'   `nn_transformer_encoder()`: `encoder_layer`, of which each layer is a deep clone, `num_layers`, `norm` (`NULL` or a
#'   module).
#' @param id,reads (`character()`)
#'   The layer's name and what it reads as a node of a network, see [nn()].
#' @return A module, class `nn_module`.
#' @family Module
#' @export
#' @examples
#' attention = nn_multihead_attention(8, 2, batch_first = TRUE)
#' x = torch_randn(3, 5, 8)
#' attention(x, x, x)[[1]]$shape
nn_multihead_attention = nn_module("nn_multihead_attention",
  initialize = function(embed_dim, num_heads, dropout = 0, bias = TRUE, add_bias_kv = FALSE, add_zero_attn = FALSE,
    kdim = NULL, vdim = NULL, batch_first = FALSE) {
    self$embed_dim = assert_count(embed_dim, positive = TRUE)
    self$num_heads = assert_count(num_heads, positive = TRUE)
    self$dropout = assert_number(dropout, lower = 0, upper = 1)
    self$add_zero_attn = assert_flag(add_zero_attn)
    self$batch_first = assert_flag(batch_first)
    if (embed_dim %% num_heads != 0) {
      abort("argument", "nn_multihead_attention(): 'embed_dim' must be a multiple of 'num_heads'.")
    }
    attention_weights(self, kdim %??% embed_dim, vdim %??% embed_dim, assert_flag(bias), assert_flag(add_bias_kv))
  },
  forward = function(query, key, value, key_padding_mask = NULL, need_weights = TRUE, attn_mask = NULL,
    avg_weights = TRUE) {
    turned = function(x) if (self$batch_first) x$transpose(1, 2) else x
    is_separate = is.null(self$in_proj_weight)
    result = nnf_multi_head_attention_forward(turned(query), turned(key), turned(value), self$embed_dim,
      self$num_heads, self$in_proj_weight, self$in_proj_bias, self$bias_k, self$bias_v, self$add_zero_attn,
      self$dropout, self$out_proj$weight, self$out_proj$bias, training = self$training,
      key_padding_mask = key_padding_mask, need_weights = need_weights, attn_mask = attn_mask,
      avg_weights = avg_weights, use_separate_proj_weight = is_separate, q_proj_weight = self$q_proj_weight,
      k_proj_weight = self$k_proj_weight, v_proj_weight = self$v_proj_weight)
    list(turned(result[[1L]]), result[[2L]])
  }
)

# The names that R torch and PyTorch give them; NULL where there is none.
attention_weights = function(self, kdim, vdim, bias, add_bias_kv) {
  size = self$embed_dim
  drawn = function(...) nn_parameter(nn_init_xavier_uniform_(torch_empty(...)))
  is_joint = kdim == size && vdim == size
  self$in_proj_weight = if (is_joint) drawn(3 * size, size)
  self$q_proj_weight = if (!is_joint) drawn(size, size)
  self$k_proj_weight = if (!is_joint) drawn(size, kdim)
  self$v_proj_weight = if (!is_joint) drawn(size, vdim)
  self$in_proj_bias = if (bias) nn_parameter(torch_zeros(3 * size))
  self$out_proj = nn_linear(size, size, bias = bias)
  if (bias) nn_init_zeros_(self$out_proj$bias)
  self$bias_k = if (add_bias_kv) nn_parameter(nn_init_xavier_normal_(torch_empty(1, 1, size)))
  self$bias_v = if (add_bias_kv) nn_parameter(nn_init_xavier_normal_(torch_empty(1, 1, size)))
}

#' @rdname nn_multihead_attention
#' @export
nn_transformer_encoder_layer = nn_module("nn_transformer_encoder_layer",
  initialize = function(d_model, nhead, dim_feedforward = 2048, dropout = 0.1, activation = "relu",
    layer_norm_eps = 1e-5, batch_first = FALSE, norm_first = FALSE, bias = TRUE) {
    self$self_attn = nn_multihead_attention(d_model, nhead, dropout = dropout, bias = bias, batch_first = batch_first)
    self$linear1 = nn_linear(d_model, dim_feedforward, bias = bias)
    self$dropout = nn_dropout(dropout)
    self$linear2 = nn_linear(dim_feedforward, d_model, bias = bias)
    self$norm1 = nn_layer_norm(d_model, eps = layer_norm_eps)
    self$norm2 = nn_layer_norm(d_model, eps = layer_norm_eps)
    self$dropout1 = nn_dropout(dropout)
    self$dropout2 = nn_dropout(dropout)
    self$norm_first = assert_flag(norm_first)
    self$activation = if (is.function(activation)) activation else switch(
      assert_choice(activation, c("relu", "gelu")), relu = torch_relu, gelu = torch_gelu)
  },
  forward = function(src, src_mask = NULL, src_key_padding_mask = NULL) {
    attend = function(x) {
      result = self$self_attn(x, x, x, attn_mask = src_mask, key_padding_mask = src_key_padding_mask,
        need_weights = FALSE)
      self$dropout1(result[[1L]])
    }
    feed = function(x) self$dropout2(self$linear2(self$dropout(self$activation(self$linear1(x)))))
    if (self$norm_first) {
      x = src + attend(self$norm1(src))
      return(x + feed(self$norm2(x)))
    }
    x = self$norm1(src + attend(src))
    self$norm2(x + feed(x))
  }
)

#' @rdname nn_multihead_attention
#' @export
nn_transformer_encoder = nn_module("nn_transformer_encoder",
  initialize = function(encoder_layer, num_layers, norm = NULL) {
    assert_int(num_layers, lower = 1L, upper = 1000L)
    self$layers = nn_module_list(map(seq_len(num_layers), function(i) encoder_layer$clone(deep = TRUE)))
    self$norm = norm
  },
  forward = function(src, mask = NULL, src_key_padding_mask = NULL) {
    for (i in seq_along(self$layers)) {
      src = self$layers[[i]](src, src_mask = mask, src_key_padding_mask = src_key_padding_mask)
    }
    if (is.null(self$norm)) src else self$norm(src)
  }
)
