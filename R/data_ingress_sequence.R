#' @title Sequences as Inputs of a Network
#'
#' @description
#' For the `ingress_tokens` of a [LearnerTorchModel] or [LearnerTorchModule]: the elements of a [lazy_tensor()], of
#' shape (steps) or (steps, channels), become an input of shape (rows, steps, channels), in which zeros fill up what
#' lies beyond the end of a sequence. A second input, with `mask = TRUE`, of shape (rows, steps), has 1 there and 0
#' elsewhere, for the layers that read a padding mask: [`nn("lstm")`][nn()] and its kind, `nn("multihead_attention")`,
#' `nn("sequence_mean")` and `nn("trim_padding")`. A sequence without steps counts as one step of zeros.
#'
#' [`as_lazy_tensor()`][as_lazy_tensor] of a list of vectors or matrices, or of a [dataset()] whose items are such
#' tensors, makes the lazy tensor. All rows lie in memory.
#'
#' @param features (`character()`, `function` or `NULL`)\cr
#'   The feature, a lazy tensor, or a selector of mlr3pipelines; `NULL` takes the only one.
#' @param max_length (`integer(1)`)\cr
#'   The greatest number of steps; what comes after is cut. There are as many steps as the longest sequence of training
#'   has, but not more than these.
#' @param mask (`logical(1)`)\cr
#'   Whether the input is the padding mask.
#' @return A `torch_ingress`.
#'
#' @family Network
#' @export
#' @examples
#' walks = lapply(1:60, function(i) cumsum(rnorm(5 + i %% 20)))
#' task = as_task_regr(data.table::data.table(walk = as_lazy_tensor(walks),
#'   largest = sapply(walks, max)), target = "largest", id = "walks")
#' network = nn_graph(
#'   state = nn("gru", hidden_size = 8, output = "last", reads = c("x", "mask")),
#'   head = nn("head"), inputs = c("x", "mask")
#' )
#' learner = lrn("regr.torch_model", network = network, epochs = 1, batch_size = 20,
#'   ingress_tokens = list(x = ingress_sequence(), mask = ingress_sequence(mask = TRUE)))
#' learner$train(task)
ingress_sequence = function(features = NULL, max_length = 200L, mask = FALSE) {
  ingress = new_ingress(if (assert_flag(mask)) "sequence_mask" else "sequence", features)
  ingress$max_length = assert_count(max_length, positive = TRUE)
  ingress
}

# The token with the feature that it takes, and the shape that the task's rows give it.
learned_sequence = function(token, task, id) {
  token$features = sequence_feature(token, column_info(task), id)
  blocks = sequence_blocks(task$data(cols = token$features)[[1L]], token$features)
  lengths = map_dbl(blocks, function(block) block$steps$shape[[2L]])
  steps = min(token$max_length, max(lengths, 1))
  cut = sum(lengths(map(blocks[lengths > steps], "at")))
  if (cut && token$kind == "sequence") mention_cut(task, cut, task$nrow, steps)
  token$shape = c(NA, steps, if (token$kind == "sequence") blocks[[1L]]$steps$shape[[3L]])
  token
}

mention_cut = function(task, cut, rows, steps) {
  lg$info("Task '%s': %i of %i sequences are longer than 'max_length' = %i and are cut.", task$id, cut, rows,
    as.integer(steps))
}

sequence_feature = function(token, info, id) {
  known = info[!info$target, ]
  features = token$features
  if (is.function(features)) features = selected_features(features, known, "lazy_tensor", id)
  features = features %??% known$id[known$type == "lazy_tensor"]
  is_lazy = known$type[match(features, known$id)] %in% "lazy_tensor"
  if (length(features) != 1L || !all(is_lazy)) {
    abort("features", sprintf("Input '%s' takes one lazy tensor of sequences, but %s.", id,
      if (length(features)) sprintf("gets %s; select one", str_collapse(features, quote = "'", n = 5L)) else
        "the task has none; as_lazy_tensor() makes one of a list"), fields = list(features = features))
  }
  features
}
