# Sequences of different lengths: padded to one length, or packed one step of all sequences after the other, as
# recurrent operations of LibTorch take them.

#' @title Sequences of Different Lengths
#'
#' @name torch_rnn_utils
#' @description
#' `nn_utils_rnn_pad_sequence()` puts sequences beside each other, filled up to the longest.
#' `nn_utils_rnn_pack_padded_sequence()` and `nn_utils_rnn_pack_sequence()` leave out what was filled up: `data` holds
#' the first step of all sequences, then the second of those that have one, and so on, the longest sequence first;
#' `nn_utils_rnn_pad_packed_sequence()` is the way back. The operations `torch_lstm()`, `torch_gru()` and
#' `torch_rnn_tanh()` take `data` and `batch_sizes` of a packed sequence. All let gradients through.
#'
#' @param input (`torch_tensor`)\cr
#'   Padded sequences: `[length, batch, ...]`, or `[batch, length, ...]` with `batch_first`.
#' @param lengths (`integer()` or `torch_tensor`)\cr
#'   The length of each sequence.
#' @param batch_first (`logical(1)`)\cr
#'   Whether the batch is the first dimension, not the second.
#' @param enforce_sorted (`logical(1)`)\cr
#'   Whether sequences that are not sorted by length, the longest first, are an error; otherwise they are sorted.
#' @param sequences (`list()` of `torch_tensor`)\cr
#'   Sequences `[length, ...]`.
#' @param sequence (`PackedSequence`)\cr
#'   What was packed.
#' @param padding_value (`numeric(1)`)\cr
#'   What fills up.
#' @param total_length (`integer(1)` or `NULL`)\cr
#'   The length to fill up to, instead of that of the longest.
#' @param ... (any)\cr
#'   Refused: an argument with another name is an error, which tells the nearest one.
#' @return `nn_utils_rnn_pad_sequence()`: (`torch_tensor`). `nn_utils_rnn_pad_packed_sequence()`: (`list()`) the padded
#'   sequences and their lengths. The others: (`PackedSequence`) `data`, `batch_sizes`, `sorted_indices` and
#'   `unsorted_indices`.
#' @family Module
#' @examples
#' packed = nn_utils_rnn_pack_sequence(list(torch_tensor(c(1, 2, 3)), torch_tensor(c(4, 5))))
#' packed$data
#' nn_utils_rnn_pad_packed_sequence(packed)
NULL

#' @rdname torch_rnn_utils
#' @export
nn_utils_rnn_pad_sequence = function(sequences, batch_first = FALSE, padding_value = 0) {
  sequences = as_tensor_list(sequences, "sequences")
  lengths = map_int(sequences, function(sequence) dim(sequence)[[1L]])
  padded = map(sequences, function(sequence) {
    shape = dim(sequence)
    missing = max(lengths) - shape[[1L]]
    if (missing == 0L) {
      return(sequence)
    }
    rest = torch_full(c(missing, shape[-1L]), padding_value, dtype = sequence$dtype, device = sequence$device)
    torch_cat(list(sequence, rest))
  })
  torch_stack(padded, dim = if (batch_first) 1L else 2L)
}

#' @rdname torch_rnn_utils
#' @export
nn_utils_rnn_pack_padded_sequence = function(input, lengths, batch_first = FALSE, enforce_sorted = TRUE) {
  lengths = as.integer(lengths)
  assert_flag(enforce_sorted)
  if (assert_flag(batch_first)) input = input$transpose(1, 2)
  assert_lengths(lengths, input, enforce_sorted)
  sorted = order(-lengths)
  places = packed_places(lengths, sorted)
  data = input$reshape(c(prod(dim(input)[1:2]), dim(input)[-(1:2)]))$index_select(1, torch_tensor(places$rows,
    device = input$device))
  structure(class = "PackedSequence", list(
    data = data, batch_sizes = torch_tensor(places$sizes), sorted_indices = torch_tensor(sorted, device = input$device),
    unsorted_indices = torch_tensor(order(sorted), device = input$device)
  ))
}

assert_lengths = function(lengths, input, enforce_sorted) {
  shape = dim(input)
  if (length(shape) < 2L || length(lengths) != shape[[2L]]) {
    abort("shape", sprintf("There are %i lengths, but the input has the shape [%s] with the batch in dimension 2.",
      length(lengths), toString(shape)))
  }
  if (anyNA(lengths) || any(lengths < 1L | lengths > shape[[1L]])) {
    abort("argument", sprintf("'lengths' must lie between 1 and %i.", shape[[1L]]), list(argument = "lengths"))
  }
  if (enforce_sorted && is.unsorted(-lengths)) {
    abort("argument", "The sequences are not sorted by length, the longest first; set 'enforce_sorted' to FALSE.",
      list(argument = "lengths"))
  }
}

# For each packed row, its row among the steps of a padded batch written one after the other; how many sequences have
# each step.
packed_places = function(lengths, sorted) {
  steps = seq_len(max(lengths))
  sizes = map_int(steps, function(step) sum(lengths >= step))
  rows = unlist(map(steps, function(step) (step - 1L) * length(lengths) + sorted[seq_len(sizes[[step]])]))
  list(rows = as.integer(rows), sizes = sizes)
}

#' @rdname torch_rnn_utils
#' @export
nn_utils_rnn_pack_sequence = function(sequences, enforce_sorted = TRUE) {
  lengths = map_int(as_tensor_list(sequences, "sequences"), function(sequence) dim(sequence)[[1L]])
  nn_utils_rnn_pack_padded_sequence(nn_utils_rnn_pad_sequence(sequences), lengths, enforce_sorted = enforce_sorted)
}

#' @rdname torch_rnn_utils
#' @export
nn_utils_rnn_pad_packed_sequence = function(sequence, batch_first = FALSE, padding_value = 0, total_length = NULL) {
  if (!inherits(sequence, "PackedSequence")) {
    abort("argument", "'sequence' must be packed by nn_utils_rnn_pack_padded_sequence().", list(argument = "sequence"))
  }
  sizes = as.integer(sequence$batch_sizes)
  sorted = as.integer(sequence$sorted_indices)
  batch = length(sorted)
  lengths = map_int(seq_len(batch), function(place) sum(sizes >= place))[order(sorted)]
  longest = total_length %??% max(lengths)
  if (longest < max(lengths)) {
    abort("argument", sprintf("'total_length' must be at least %i, the length of the longest sequence.", max(lengths)),
      list(argument = "total_length"))
  }
  data = sequence$data
  rows = torch_tensor(packed_places(lengths, sorted)$rows, device = data$device)
  shape = dim(data)[-1L]
  padded = torch_full(c(longest * batch, shape), padding_value, dtype = data$dtype, device = data$device)
  padded = padded$index_copy(1, rows, data)$reshape(c(longest, batch, shape))
  list(if (batch_first) padded$transpose(1, 2) else padded, torch_tensor(lengths))
}
