#' @title Feature Tokenizer Transformer
#'
#' @name mlr_learners.ft_transformer
#' @aliases LearnerTorchFTTransformer mlr_learners_classif.ft_transformer mlr_learners_regr.ft_transformer
#' @aliases classif.ft_transformer regr.ft_transformer ft_transformer
#'
#' @description
#' The FT-Transformer of Gorishniy et al. (2021).
#' Each feature becomes a token: a number times a learned vector plus another one, or a learned vector for each level
#' plus one for the feature. Together with a CLS token they pass through `n_blocks` blocks of attention and a
#' feed-forward network; the prediction is computed from the last CLS token by normalisation, ReLU and a linear layer.
#' As in the paper, blocks normalise before the attention and the feed-forward network, except before the attention of
#' the first block; and the last block computes only the CLS token.
#'
#' @section Features:
#' Factors, ordered factors and logicals become tokens by their level, without an order. The dataset has the inputs
#' `x_num` of shape (rows, numeric features), float32, and `x_categ` of shape (rows, categorical features), whole
#' numbers from 1 in the order of the levels; an input without features is left out.
#'
#' @section Parameters:
#' Those of [LearnerTorch], and:
#' * `n_blocks` (`integer(1)`, 3): the number of blocks. With 0 there is no CLS token: the prediction is computed
#'   from the tokens of the features.
#' * `d_token` (`integer(1)`, 192): the size of a token, a multiple of `attention_n_heads`.
#' * `init_token` (`character(1)`, `"uniform"`): how tokens are drawn, `"uniform"` or `"normal"`.
#' * `attention_n_heads` (`integer(1)`, 8): the number of heads.
#' * `attention_dropout` (`numeric(1)`, 0.2): the probability that a token is not attended to.
#' * `attention_initialization` (`character(1)`, `"kaiming"`): how the attention's weights are drawn, `"kaiming"` or
#'   `"xavier"`.
#' * `ffn_d_hidden` (`integer(1)`): the width of the feed-forward network.
#' * `ffn_d_hidden_multiplier` (`numeric(1)`, 4/3): the same in multiples of `d_token`; only without `ffn_d_hidden`.
#' * `ffn_dropout` (`numeric(1)`, 0.1): the probability that dropout leaves out a feature of the feed-forward network.
#' * `ffn_activation` (`character(1)`, `"reglu"`): the feed-forward network's activation.
#' * `residual_dropout` (`numeric(1)`, 0): the probability that dropout leaves out a feature of a block's output.
#' * `prenormalization` (`logical(1)`, `TRUE`): normalise before the attention and the feed-forward network, not after
#'   the sum.
#' * `attention_normalization`, `ffn_normalization` (`character(1)`, `"layer_norm"`): the normalisation of the attention
#'   and of the feed-forward network; `"identity"` for none.
#' * `attention_bias`, `ffn_bias_first`, `ffn_bias_second` (`logical(1)`, `TRUE`): whether the attention, and the first
#'   and the second layer of the feed-forward network, add constants.
#' * `is_first_layer` (`logical(1)`, `TRUE`): whether the first block leaves out the normalisation of what it reads, if
#'   blocks normalise before.
#' * `query_idx` can only be `NULL`: the last block computes the token that a prediction is made from, and only that.
#' * `scale` (`logical(1)`, `TRUE`): whether features and target are standardised inside the network, see the section
#'   *Scaling*.
#'
#' The paper trains by AdamW with a learning rate of 1e-4 and a weight decay of 1e-5, and does not decay tokenizers,
#' normalisations and biases. Here weight decay applies to all parameters unless
#' `opt.param_groups` says otherwise, see the example.
#'
#' @inheritSection mlr_learners.mlp Scaling
#'
#' @references
#' Gorishniy, Rubachev, Khrulkov, Babenko (2021). "Revisiting Deep Learning Models for Tabular Data." NeurIPS 34.
#'
#' @family Learner
#' @export
#' @examples
#' # as in the paper: no weight decay for tokens, normalisations and biases
#' without_decay = function(parameters) {
#'   exempt = grep("tokens|cls|norm|bias", names(parameters), value = TRUE)
#'   list(list(params = exempt, weight_decay = 0))
#' }
#' learner = lrn("regr.ft_transformer",
#'   optimizer = t_opt("adamw", lr = 1e-3, weight_decay = 1e-5), n_blocks = 1,
#'   d_token = 8, attention_n_heads = 2, opt.param_groups = without_decay,
#'   epochs = 5, batch_size = 16, seed = 1)
#' learner$train(tsk("mtcars"))
#' learner$predict(tsk("mtcars"))
LearnerTorchFTTransformer = R6Class("LearnerTorchFTTransformer",
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
      super$initialize(id = paste0(task_type, ".ft_transformer"), task_type = task_type,
        param_set = param_set_like("ft_transformer", ft_transformer_param_set),
        label = "Feature Tokenizer Transformer", man = "mlr3libtorch::mlr_learners.ft_transformer",
        optimizer = optimizer, loss = loss, callbacks = callbacks)
    }
  ),

  private = list(
    .scales = function(param_vals) param_vals$scale,

    .network_spec = function(task, param_vals, info) {
      check_input_shape(NULL, task, info, self$id)
      check_one_width(param_vals, "ffn_d_hidden", self$id)
      ft_transformer_spec(param_vals, token_ingress(info), network_outputs(task, self$loss))
    },

    .inputs = function(param_vals, info) map(token_ingress(info), ingress_input, info = info)
  )
)

# The block's parameters are those of the operation, except for those that its place in the network decides.
ft_transformer_param_set = function() {
  block = registry_entry("operation", "ft_transformer_block")
  block$arguments = block$arguments[setdiff(names(block$arguments), ft_block_place)]
  own = ps(
    n_blocks = p_whole(lower = 0L, init = 3L, tags = "train"),
    d_token = p_whole(lower = 1L, init = 192L, tags = "train"),
    init_token = p_fct(c("uniform", "normal"), init = "uniform", tags = "train"),
    is_first_layer = p_lgl(default = TRUE, tags = "train"),
    query_idx = p_checked(check_is_null, default = NULL, tags = "train"),
    scale = scale_param()
  )
  ps_union(list(own, param_set_from_schema(block)))
}

ft_block_place = c("is_first_layer", "last_token_only", "query_idx")

# Which features become which input; an input without features is left out.
token_ingress = function(info) {
  types = info$type[!info$target]
  kinds = list(x_num = ingress_num(), x_categ = ingress_categ())
  kinds = keep(kinds, function(ingress) any(types %in% ingress_types[[ingress$kind]]))
  imap(kinds, function(ingress, id) resolve_ingress(ingress, info, id))
}

ft_transformer_spec = function(param_vals, ingress, outputs) {
  tokens = token_nodes(param_vals, ingress)
  blocks = map(seq_len(param_vals$n_blocks), ft_block_node, param_vals = param_vals)
  norm = if (param_vals$prenormalization %??% TRUE) list(spec_node("norm", "layer_norm", list(dims = 1L)))
  # nothing would be attended to by the token that a prediction is made from
  cls = if (length(blocks)) list(spec_node("cls", "ft_cls", list(initialization = param_vals$init_token)))
  rest = c(
    cls,
    blocks,
    list(spec_node("token", "flatten")),
    norm,
    list(spec_node("activation", "relu"), spec_node("head", "linear", list(out_features = outputs)))
  )
  list(inputs = names(ingress), nodes = c(tokens, chain_nodes(rest, tokens[[length(tokens)]]$id)))
}

# Ends with the node that holds all tokens.
token_nodes = function(param_vals, ingress) {
  settings = list(d_token = param_vals$d_token, initialization = param_vals$init_token)
  nodes = list(
    x_num = spec_node("tokens_num", "tokenizer_num", settings, "x_num"),
    x_categ = spec_node("tokens_categ", "tokenizer_categ",
      c(settings, list(cardinalities = lengths(ingress$x_categ$levels))), "x_categ")
  )
  nodes = unname(nodes[names(ingress)])
  if (length(nodes) == 1L) {
    return(nodes)
  }
  c(nodes, list(spec_node("tokens", "merge_cat", list(dim = 2L), map_chr(nodes, "id"))))
}

ft_block_node = function(i, param_vals) {
  names = names(registry_entry("operation", "ft_transformer_block")$arguments)
  place = list(is_first_layer = i == 1L && (param_vals$is_first_layer %??% TRUE),
    last_token_only = i == param_vals$n_blocks)
  settings = param_vals[setdiff(intersect(names(param_vals), names), ft_block_place)]
  spec_node(paste0("block", i), "ft_transformer_block", c(settings, place))
}
