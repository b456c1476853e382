# Sequences of different lengths as a lazy tensor: the steps of all of them lie in one array, one after the other.

#' @rdname as_lazy_tensor
#' @export
as_lazy_tensor.list = function(x, ...) {
  if (!length(x)) {
    return(lazy_tensor())
  }
  lazy_tensor(DataDescriptor$new(sequences_source(imap(unname(x), sequence_steps))))
}

# A matrix (steps, channels) of an element of a list.
sequence_steps = function(element, position) {
  if (inherits(element, "torch_tensor")) element = as_array(element)
  if (is.data.frame(element) && all(map_lgl(element, is.numeric))) element = as.matrix(element)
  if (!is.numeric(element) || length(dim(element)) %nin% c(0L, 2L)) {
    abort("argument", sprintf(
      "as_lazy_tensor(): element %i of the list must be numbers, a vector or a matrix (steps, channels), not %s.",
      position, as_short_string(element)), list(argument = "x"))
  }
  if (!all(is.finite(element))) {
    abort("missing_values", sprintf(
      "as_lazy_tensor(): element %i of the list has missing or infinite numbers; impute them, or leave the steps out.",
      position), fields = list(count = sum(!is.finite(element))))
  }
  unname(as.matrix(element))
}

sequences_source = function(sequences) {
  channels = map_int(sequences, ncol)
  differs = which(channels != channels[[1L]])
  if (length(differs)) {
    abort("shape", sprintf("as_lazy_tensor(): element %i of the list has %i channels, but the first one has %i.",
      differs[[1L]], channels[differs[[1L]]], channels[[1L]]))
  }
  lengths = map_int(sequences, nrow)
  values = core_tensor_to_plain(torch_tensor(do.call(rbind, sequences), dtype = torch_float()))
  list(kind = "sequences", values = values, lengths = lengths)
}
