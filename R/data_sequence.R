# The elements of a lazy tensor as sequences, and the tensors that they become.

# A list of list(at, steps), where `steps` are those of the elements `at`, (elements, steps, channels), which have the
# same length.
sequence_blocks = function(x, id) {
  blocks = map(lazy_parts(x), function(part) {
    groups = split(seq_along(part$ids), alike_elements(part$descriptor$source, part$ids))
    map(unname(groups), function(i) {
      rows = part$descriptor$read(part$ids[i], numbers = part$at[i])
      list(at = part$at[i], steps = as_sequences(rows, id))
    })
  })
  blocks = unlist(blocks, recursive = FALSE)
  channels = unique(map_int(blocks, function(block) as.integer(block$steps$shape[[3L]])))
  if (length(channels) > 1L) {
    abort("shape", sprintf("The elements of '%s' have different numbers of channels, %i and %i.", id, channels[[1L]],
      channels[[2L]]))
  }
  blocks
}

# What is the same for elements that can be read together. What a dataset gives is not known before.
alike_elements = function(source, ids) {
  switch(source$kind, sequences = source$lengths[ids], dataset = seq_along(ids), rep(1L, length(ids)))
}

as_sequences = function(rows, id) {
  if (rows$ndim == 2L) rows = rows$unsqueeze(3L)
  if (rows$ndim != 3L) {
    abort("shape", sprintf("The elements of '%s' have the shape %s, but a sequence is (steps) or (steps, channels).",
      id, shape_text(rows$shape[-1L])))
  }
  rows
}

# The tensor of an input: what sequences hold, and zeros beyond their ends.
sequence_tensor = function(columns, input, rows) {
  result = torch_zeros(c(rows, input$shape[-1L]))
  for (block in sequence_blocks(as.list(columns)[[input$id]], input$id)) {
    if (block$steps$shape[[3L]] != input$shape[[3L]]) {
      abort("shape", sprintf("The sequences of '%s' have %i channels, but the network was made for %i.", input$id,
        as.integer(block$steps$shape[[3L]]), as.integer(input$shape[[3L]])))
    }
    steps = min(block$steps$shape[[2L]], input$shape[[2L]])
    if (steps > 0) {
      result$narrow(2L, 1L, steps)$index_copy_(1L, torch_tensor(block$at), block$steps$narrow(2L, 1L, steps))
    }
  }
  result
}

# 1 beyond the end of a sequence; its first step is never padding, so that an empty one has a step.
sequence_mask = function(columns, input, rows) {
  lengths = integer(rows)
  for (block in sequence_blocks(as.list(columns)[[input$id]], input$id)) {
    lengths[block$at] = as.integer(block$steps$shape[[2L]])
  }
  places = matrix(seq_len(input$shape[[2L]]), rows, input$shape[[2L]], byrow = TRUE)
  torch_tensor(1 * (places > pmax(lengths, 1L)), dtype = torch_float())
}

# list(mean, sd) of each channel, over the steps that are not padding.
sequence_moments = function(dataset, name, mask) {
  x = dataset$x[[name]]
  counted = dataset$x[[mask]]$eq(0)$to(torch_float())
  if (!is.null(dataset$weights)) counted = counted * dataset$weights$unsqueeze(2L)
  core_column_moments(x$reshape(c(-1, x$shape[[3L]])), counted$reshape(-1))
}
