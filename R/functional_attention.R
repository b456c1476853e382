# Attention with several heads, as the layer computes it from its weights.

# A mask as numbers to add: what is masked gets minus infinity.
additive_mask = function(mask, dtype) {
  if (mask$dtype %nin% c("bool", "uint8")) {
    return(mask$to(dtype = dtype))
  }
  torch_zeros(dim(mask), dtype = dtype, device = mask$device)$masked_fill(mask$to(dtype = "bool"), -Inf)
}

# The sum of both masks, to be added to scores of shape [batch * heads, queries, keys]; NULL if there are none. What the
# layer adds to the keys, `extra` of them, is never masked.
attention_mask = function(attn_mask, key_padding_mask, heads, extra, dtype) {
  widen = function(mask) nnf_pad(additive_mask(mask, dtype), c(0, extra))
  masks = discard(list(attn_mask, key_padding_mask), is.null)
  if (length(masks) == 0L) {
    return(NULL)
  }
  total = if (is.null(attn_mask)) 0 else widen(attn_mask)
  if (!is.null(key_padding_mask)) {
    padding = widen(key_padding_mask)
    total = total + padding$unsqueeze(2)$repeat_interleave(heads, dim = 1)
  }
  total
}

# Queries, keys and values: each input times its own third of the weights.
attention_inputs = function(inputs, in_proj_weight, in_proj_bias, separate_weights) {
  weights = separate_weights %??% in_proj_weight$chunk(3, dim = 1)
  biases = if (is.null(in_proj_bias)) list(NULL, NULL, NULL) else in_proj_bias$chunk(3, dim = 1)
  pmap(list(inputs, weights, biases), nnf_linear)
}

# Keys or values and what the layer puts behind them.
with_extra_rows = function(x, bias, add_zero_attn) {
  batch = dim(x)[[2L]]
  if (!is.null(bias)) x = torch_cat(list(x, bias$reshape(c(1, 1, -1))$expand(c(1, batch, -1))))
  if (add_zero_attn) {
    x = torch_cat(list(x, torch_zeros(1, dim(x)[-1L], dtype = x$dtype, device = x$device)))
  }
  x
}

# [rows, batch, embedding] to [batch * heads, rows, embedding / heads]
split_heads = function(x, heads) {
  shape = dim(x)
  x$reshape(c(shape[[1L]], shape[[2L]] * heads, shape[[3L]] %/% heads))$transpose(1, 2)
}

assert_attention = function(query, embed_dim_to_check, num_heads) {
  shape = dim(query)
  if (length(shape) != 3L || shape[[3L]] != embed_dim_to_check) {
    abort("shape", sprintf("'query' must have the shape [length, batch, %s], not [%s].", embed_dim_to_check,
      toString(shape)))
  }
  if (shape[[3L]] %% num_heads != 0) {
    abort("shape", sprintf("An embedding of %i numbers cannot be divided among %s heads.", shape[[3L]], num_heads))
  }
}

#' @rdname torch_functional
#' @param embed_dim_to_check,num_heads (`integer(1)`)\cr
#'   The size of the embedding, which must be that of `query`; the number of heads.
#' @param in_proj_weight,in_proj_bias,q_proj_weight,k_proj_weight,v_proj_weight (`torch_tensor` or `NULL`)\cr
#'   What makes queries, keys and values; the three weights in one, or each of its own with `use_separate_proj_weight`.
#' @param bias_k,bias_v,add_zero_attn (`torch_tensor`, `NULL`; `logical(1)`)\cr
#'   What is put behind the keys and the values.
#' @param dropout_p (`numeric(1)`)\cr
#'   The probability with which an attention weight becomes zero in training.
#' @param out_proj_weight,out_proj_bias (`torch_tensor` or `NULL`)\cr
#'   What makes the output.
#' @param key_padding_mask,attn_mask (`torch_tensor` or `NULL`)\cr
#'   Keys `[batch, keys]`, or pairs `[queries, keys]` or `[batch * heads, queries, keys]`, that are left out (bool) or
#'   what is added to their scores.
#' @param need_weights,avg_weights (`logical(1)`)\cr
#'   Whether the attention weights are returned, too, and whether as their mean over heads.
#' @param use_separate_proj_weight (`logical(1)`)\cr
#'   See `in_proj_weight`.
#' @param static_k,static_v (`torch_tensor` or `NULL`)\cr
#'   Keys and values, `[batch * heads, keys, embedding / heads]`, instead of those that are computed.
#' @export
nnf_multi_head_attention_forward = function(query, key, value, embed_dim_to_check, num_heads, in_proj_weight,
  in_proj_bias, bias_k, bias_v, add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training = TRUE,
  key_padding_mask = NULL, need_weights = TRUE, attn_mask = NULL, avg_weights = TRUE, use_separate_proj_weight = FALSE,
  q_proj_weight = NULL, k_proj_weight = NULL, v_proj_weight = NULL, static_k = NULL, static_v = NULL) {
  assert_attention(query, embed_dim_to_check, num_heads)
  separate = if (use_separate_proj_weight) list(q_proj_weight, k_proj_weight, v_proj_weight)
  inputs = attention_inputs(list(query, key, value), in_proj_weight, in_proj_bias, separate)
  has_bias = !is.null(bias_k) && !is.null(bias_v)
  inputs[[2L]] = with_extra_rows(inputs[[2L]], if (has_bias) bias_k, add_zero_attn)
  inputs[[3L]] = with_extra_rows(inputs[[3L]], if (has_bias) bias_v, add_zero_attn)
  queries = split_heads(inputs[[1L]], num_heads)
  keys = static_k %??% split_heads(inputs[[2L]], num_heads)
  values = static_v %??% split_heads(inputs[[3L]], num_heads)

  scores = torch_bmm(queries / sqrt(dim(queries)[[3L]]), keys$transpose(2, 3))
  mask = attention_mask(attn_mask, key_padding_mask, num_heads, has_bias + add_zero_attn, scores$dtype)
  if (!is.null(mask)) scores = scores + mask
  weights = nnf_dropout(nnf_softmax(scores, -1), dropout_p, training)

  output = torch_bmm(weights, values)$transpose(1, 2)$reshape(dim(query))
  output = nnf_linear(output, out_proj_weight, out_proj_bias)
  if (!need_weights) {
    return(list(output, NULL))
  }
  weights = weights$reshape(c(dim(query)[[2L]], num_heads, dim(weights)[-1L]))
  list(output, if (avg_weights) weights$mean(2) else weights)
}

#' @title Attention of Queries, Keys and Values
#'
#' @description
#' `torch_scaled_dot_product_attention()` is the softmax of the products of queries and keys, divided by the square root
#' of their length, times the values.
#' @param query,key,value (`torch_tensor`)\cr
#'   `[..., queries, length]`, `[..., keys, length]` and `[..., keys, any]`.
#' @param attn_mask (`torch_tensor`, empty `list()` or `NULL`)\cr
#'   `[..., queries, keys]`: which pairs take part (bool), or what is added to their scores.
#' @param dropout_p (`numeric(1)`)\cr
#'   The probability with which an attention weight becomes zero.
#' @param is_causal (`logical(1)`)\cr
#'   Whether each query sees only the keys up to its own position.
#' @return (`torch_tensor`).
#' @family Module
#' @examples
#' x = torch_randn(1, 3, 4)
#' torch_scaled_dot_product_attention(x, x, x, is_causal = TRUE)
#' @export
torch_scaled_dot_product_attention = function(query, key, value, attn_mask = list(), dropout_p = 0,
  is_causal = FALSE) {
  scores = (query / sqrt(utils::tail(dim(query), 1L)))$matmul(key$transpose(-2, -1))
  if (is_causal) {
    if (length(attn_mask)) abort("argument", "'attn_mask' and 'is_causal' exclude each other.")
    attn_mask = torch_ones(utils::tail(dim(scores), 2L), dtype = "bool", device = query$device)$tril()
  }
  if (length(attn_mask)) {
    # here TRUE is what takes part, as in LibTorch's operation of this name
    if (attn_mask$dtype == "bool") attn_mask = attn_mask$logical_not()
    scores = scores + additive_mask(attn_mask, scores$dtype)
  }
  nnf_dropout(nnf_softmax(scores, -1), dropout_p)$matmul(value)
}
