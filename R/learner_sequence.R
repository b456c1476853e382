#' @title Networks for Texts and Other Sequences
#'
#' @name mlr_learners.sequence
#' @aliases LearnerTorchSequence mlr_learners_classif.sequence mlr_learners_regr.sequence
#' @aliases classif.sequence regr.sequence
#'
#' @description
#' Reads the features of a row as a sequence: the words or characters of a text; numbers in the order of their columns,
#' such as the values that a series had before, see [window_task()]; or the steps of a [lazy_tensor()], which
#' [`as_lazy_tensor()`][as_lazy_tensor] makes of a list of vectors or matrices (steps, channels).
#'
#' Tokens of a text become vectors that are learned. Then an LSTM or a GRU reads the sequence, and its state after the
#' last step goes to a linear head; or layers of a transformer let all steps attend to each other, and the mean of the
#' steps goes there.
#'
#' Columns are read in the order of their names, in which numbers count as numbers, so that `x2` comes before `x10`:
#' tasks do not keep the order of a table's columns.
#'
#' Texts and the elements of a lazy tensor may have different lengths. What fills the shorter ones up changes nothing:
#' the prediction for a text is the same whether it is alone or beside longer ones. An empty sequence counts as a
#' single step of padding, and a token that training did not see as "unknown".
#'
#' @section Parameters:
#' Those of [LearnerTorch], and:
#' * `type` (`character(1)`, `"lstm"`): `"lstm"`, `"gru"` or `"transformer"`.
#' * `tokens` (`character(1)` or `function`): what a step is: `"words"` or `"characters"` of the text features;
#'   `"numbers"`, if columns hold numbers of tokens, one for each place, with zeros after the end of a sequence, or a
#'   lazy tensor does; or `"values"`, if they hold measurements. Unless given, words if there are texts, else values.
#'   A function makes tokens of texts in its own way, see [ingress_text()].
#' * `embedding_dim` (`integer(1)`, 32): the length of a token's vector.
#' * `width` (`integer(1)`, 64): the features of a layer, for each direction.
#' * `layers` (`integer(1)`, 1): the number of layers.
#' * `bidirectional` (`logical(1)`, `FALSE`): whether an LSTM or a GRU also reads backwards.
#' * `n_heads` (`integer(1)`, 4): the heads of a transformer's attention, which divide `width`.
#' * `dropout` (`numeric(1)`, 0.1): the probability that dropout leaves out a number, between layers and before
#'   the head.
#' * `max_length` (`integer(1)`, 200): the greatest number of steps of texts and lazy tensors; what comes after is cut,
#'   and so is what is longer than the longest sequence of training.
#' * `min_count` (`integer(1)`, 2): how often a token must occur in the training rows to have a vector of its own.
#' * `max_tokens` (`integer(1)`, 20000): how many tokens may have one; the most frequent do.
#' * `group_by_length` (`logical(1)`, `FALSE`): whether the rows of a batch have similar lengths, and a batch is only as
#'   long as its longest row; for texts and lazy tensors. Saves time where lengths differ much and texts or sequences
#'   are long. Of the shuffled rows, those of 50 batches at a time are sorted by length, and then the batches are
#'   shuffled; all this by `seed`. Needs `shuffle = TRUE`.
#' * `channels` (`integer(1)`, 1): for values in columns, how many of them are one step. A lazy tensor says it itself.
#' * `scale` (`logical(1)`, `TRUE`): whether values and target are standardised inside the network, see the section
#'   *Scaling*.
#'
#' @section Vocabulary:
#' It is made of the training rows only and stays in the model as plain data; a run that goes on keeps it, and refuses
#' other settings of what it was made by. See [text_vocabulary()] for what words are, and [ingress_text()] for texts in
#' networks of your own. [jit_save()] writes the network without it: the file takes numbers of tokens, which
#' `learner$dataset(task)$x` has; in the file they count from 0, so that 0 is padding. For values of a lazy tensor, it
#' takes these and the padding mask.
#'
#' @inheritSection mlr_learners.mlp Scaling
#'
#' @family Learner
#' @export
#' @examples
#' task = tsk("made_reviews")
#' learner = lrn("classif.sequence", embedding_dim = 8, width = 8, epochs = 2, batch_size = 64,
#'   seed = 1)
#' learner$train(task)
#' learner$predict_newdata(data.frame(review = c("the soup was not good", "I liked the bread")))
LearnerTorchSequence = R6Class("LearnerTorchSequence",
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
      super$initialize(id = paste0(task_type, ".sequence"), task_type = task_type,
        param_set = param_set_like("sequence", sequence_param_set),
        feature_types = c("character", "integer", "numeric", "lazy_tensor"), label = "Network for Sequences",
        man = "mlr3libtorch::mlr_learners.sequence", optimizer = optimizer, loss = loss, callbacks = callbacks)
    }
  ),

  private = list(
    .scales = function(param_vals) param_vals$scale,

    .check_train_task = function(task, param_vals) unfit_sequence(column_info(task), param_vals),

    .ingress_tokens = function(task, param_vals) {
      info = column_info(task)
      tokens = sequence_tokens(info, param_vals)
      if (tokens == "values" && has_lazy_feature(info)) {
        return(list(x = ingress_sequence(NULL, param_vals$max_length),
          mask = ingress_sequence(NULL, param_vals$max_length, mask = TRUE)))
      }
      if (tokens == "values") {
        return(list(x = ingress_num(features = in_natural_order(info$id[!info$target]))))
      }
      list(x = ingress_text(NULL, param_vals$tokens %??% tokens, param_vals$max_length, param_vals$min_count,
        param_vals$max_tokens))
    },

    .network_spec = function(task, param_vals, info) {
      ingress = private$.resolved(info)
      outputs = network_outputs(task, self$loss)
      start = switch(ingress$x$kind,
        text = text_start(param_vals),
        num = values_start(param_vals, length(ingress$x$features))
      )
      steps = if (length(start)) start[[length(start)]]$id else "x"
      mask = if (ingress$x$kind %in% learned_kinds) "mask"
      if (param_vals$group_by_length) {
        start = c(start, trim_nodes(steps))
        steps = "steps"
        mask = "padding"
      }
      layers = if (param_vals$type == "transformer") transformer_nodes else recurrent_nodes
      nodes = c(start, layers(steps, mask, param_vals))
      head = c(
        if (param_vals$dropout > 0) list(spec_node("dropout", "dropout", list(p = param_vals$dropout))),
        list(spec_node("head", "linear", list(out_features = outputs)))
      )
      nodes = c(nodes, chain_nodes(head, nodes[[length(nodes)]]$id))
      fill_spec(list(inputs = names(ingress), nodes = nodes), ingress, outputs)
    }
  )
)

sequence_param_set = function() {
  size = function(init) p_whole(lower = 1L, init = init, tags = "train")
  ps(
    type = p_fct(c("lstm", "gru", "transformer"), init = "lstm", tags = "train"),
    tokens = p_checked(function(x) check_tokens(x, "values"), tags = "train"),
    embedding_dim = size(32L),
    width = size(64L),
    layers = size(1L),
    bidirectional = p_lgl(init = FALSE, tags = "train"),
    n_heads = size(4L),
    dropout = p_dbl(lower = 0, upper = 1, init = 0.1, tags = "train"),
    max_length = size(200L),
    min_count = size(2L),
    max_tokens = size(20000L),
    group_by_length = p_lgl(init = FALSE, tags = "train"),
    channels = size(1L),
    scale = scale_param()
  )
}

sequence_tokens = function(info, param_vals) {
  tokens_kind(param_vals$tokens) %??% if (any(info$type[!info$target] == "character")) "words" else "values"
}

has_lazy_feature = function(info) any(info$type[!info$target] == "lazy_tensor")

# Why features or settings do not fit, in words; TRUE if they do.
unfit_sequence = function(info, param_vals) {
  features = info[!info$target, ]
  tokens = sequence_tokens(info, param_vals)
  types = sequence_types[[tokens]] %??% sequence_types$numbers
  unfit = features$id[features$type %nin% types]
  if (!nrow(features)) {
    return("it has no features")
  }
  if (has_lazy_feature(info) && nrow(features) > 1L) {
    return(sprintf("it reads one lazy tensor and nothing else, but the features are %s; choose one by `task$select()`",
      str_collapse(features$id, quote = "'", n = 5L)))
  }
  if (length(unfit)) {
    given = if (tokens == "own") "a function" else sprintf("\"%s\"", tokens)
    return(sprintf("with tokens = %s, features are %s, but %s %s; leave them out with `task$select()`%s", given,
      str_collapse(types, sep = " or "), str_collapse(unfit, quote = "'", n = 5L),
      if (length(unfit) == 1L) "is not" else "are not",
      if (any(features$type == "character")) "" else ", or set the parameter 'tokens' to \"values\""))
  }
  unfit_settings(tokens == "values" && !has_lazy_feature(info), nrow(features), param_vals)
}

# The same of settings. `in_columns`: whether a sequence is the values of columns.
unfit_settings = function(in_columns, features, param_vals) {
  if (in_columns && features %% param_vals$channels != 0) {
    return(sprintf("its %i features are not a multiple of channels = %i", features, as.integer(param_vals$channels)))
  }
  if (param_vals$group_by_length && in_columns) {
    return("values in columns have one length, so there is nothing to group; leave out 'group_by_length'")
  }
  if (param_vals$group_by_length && !is.null(param_vals$sampler %??% param_vals$batch_sampler)) {
    return("'group_by_length' and a sampler both order the rows; leave one of them out")
  }
  if (param_vals$group_by_length && !param_vals$shuffle) {
    return("'group_by_length' groups shuffled rows; set `shuffle = TRUE`, or leave it out")
  }
  if (param_vals$type == "transformer" && param_vals$width %% param_vals$n_heads != 0) {
    return(sprintf("the width of a transformer, %i, must be a multiple of n_heads = %i", as.integer(param_vals$width),
      as.integer(param_vals$n_heads)))
  }
  TRUE
}

# What the layers read, of shape (rows, steps, features); and a mask, in which 1 is what padding has.
text_start = function(param_vals) {
  list(
    spec_node("mask", "padding_mask", list(padding_idx = padding_number), "x"),
    spec_node("embedding", "embedding", list(embedding_dim = param_vals$embedding_dim, padding_idx = padding_number),
      "x")
  )
}

# The steps up to the longest row of a batch, and their mask.
trim_nodes = function(steps) {
  list(spec_node("steps", "trim_padding", inputs = c(steps, "mask")),
    spec_node("padding", "trim_padding", inputs = c("mask", "mask")))
}

values_start = function(param_vals, columns) {
  list(spec_node("steps", "reshape", list(shape = c(-1, columns / param_vals$channels, param_vals$channels)), "x"))
}

recurrent_nodes = function(input, mask, param_vals) {
  parameters = list(hidden_size = param_vals$width, num_layers = param_vals$layers,
    dropout = if (param_vals$layers > 1L) param_vals$dropout else 0, bidirectional = param_vals$bidirectional,
    output = "last")
  list(spec_node(param_vals$type, param_vals$type, parameters, c(input, mask)))
}

transformer_nodes = function(input, mask, param_vals) {
  start = chain_nodes(list(
    spec_node("projection", "linear", list(out_features = param_vals$width)),
    spec_node("position", "position_embedding")
  ), input)
  before = c("position", sprintf("layer%i", seq_len(param_vals$layers)))
  layers = imap(before[-length(before)], function(input, i) transformer_layer(i, input, mask, param_vals))
  last = spec_node("norm", "layer_norm", list(dims = 1L), before[[length(before)]])
  c(start, unlist(unname(layers), recursive = FALSE), list(last),
    list(spec_node("mean", "sequence_mean", inputs = c("norm", mask))))
}

# Attention, then a feed-forward network of four times the width, each of which reads normalised steps and is added to
# what it reads. Ends with the node "layer<i>".
transformer_layer = function(i, input, mask, param_vals) {
  id = function(kind) paste0(kind, i)
  width = param_vals$width
  dropout = list(p = param_vals$dropout)
  tokens = id("norm_attention")
  attended = c(tokens, if (!is.null(mask)) c(tokens, tokens, mask))
  attention = list(
    spec_node(tokens, "layer_norm", list(dims = 1L), input),
    spec_node(id("attention"), "multihead_attention", list(num_heads = param_vals$n_heads,
      dropout = param_vals$dropout), attended),
    spec_node(id("dropout_attention"), "dropout", dropout, id("attention")),
    spec_node(id("sum"), "merge_sum", inputs = c(input, id("dropout_attention")))
  )
  feed_forward = chain_nodes(list(
    spec_node(id("norm"), "layer_norm", list(dims = 1L)),
    spec_node(id("hidden"), "linear", list(out_features = 4L * width)),
    spec_node(id("activation"), "gelu"),
    spec_node(id("linear"), "linear", list(out_features = width)),
    spec_node(id("dropout"), "dropout", dropout)
  ), id("sum"))
  c(attention, feed_forward, list(spec_node(id("layer"), "merge_sum", inputs = c(id("sum"), id("dropout")))))
}
