# The recipe of a network's input: list(kind, id, ...). The kinds are
# * "columns": numbers, and for a factor an indicator of each level; `coded` says which are factors, with their `levels`
# * "classes": class numbers, from 1, of factors and logicals with these `levels`
# * "lazy": the elements of a lazy tensor of this `shape`
# * "text": numbers of tokens by a `vocabulary`, see R/data_text.R
# * "sequence", "sequence_mask": a lazy tensor of sequences in this `shape`, and where they have ended
# * "own": what a function of the user makes of the columns
# * "nothing": zeros, as many as there are rows

# `features`: rows of a `column_info()`. `shape`: that of the tensor, whose first dimension is that of the rows.
columns_input = function(features, shape = NULL) {
  list(kind = "columns", id = features$id, coded = is_factor_type(features$type), levels = features$levels,
    shape = shape)
}

# The input that takes all features.
whole_input = function(features) {
  if ("lazy_tensor" %nin% features$type) {
    return(columns_input(features))
  }
  list(kind = "lazy", id = features$id, shape = lazy_input_shape(list(), features, "x"))
}

# The input of a resolved ingress with the columns of `info`.
ingress_input = function(ingress, info = NULL) {
  if (ingress$kind == "categ") {
    return(list(kind = "classes", id = ingress$features, levels = ingress$levels))
  }
  if (ingress$kind == "text") {
    return(list(kind = "text", id = ingress$features, tokens = ingress$tokens, tokenizer = ingress$tokenizer,
      vocabulary = ingress$vocabulary, steps = ingress$shape[[2L]]))
  }
  if (ingress$kind %in% c("sequence", "sequence_mask")) {
    return(list(kind = ingress$kind, id = ingress$features, shape = ingress$shape))
  }
  if (ingress$kind == "own") {
    return(list(kind = "own", id = ingress$features, batchgetter = ingress$batchgetter))
  }
  if (isTRUE(ingress$lazy)) {
    return(list(kind = "lazy", id = ingress$features, shape = ingress$shape))
  }
  columns_input(info[match(ingress$features, info$id), ], ingress$shape)
}

# The tensor of an input for the rows of a task. `data` holds columns of it; without it they are fetched in blocks of
# rows, of about `block_bytes`, and R's copy of a block is freed before the next one is made. It fetches rows, since a
# backend that is bound from several merges them in each call. With `codes`, it may be `torch_codes`.
input_from_task = function(input, task, data = NULL, block_bytes = 16e6, codes = FALSE) {
  rows = task$row_ids
  if (input$kind != "columns" || !is.null(data) || !length(rows)) {
    return(input_tensor(input, data %??% task$data(cols = input$id), length(rows), codes))
  }
  in_codes = codes & is_wide(input)
  tensor = core_columns_create(length(rows), sum(column_counts(input, in_codes)))
  size = max(1, floor(block_bytes / (8 * max(length(input$id), 1))))
  facts = map(seq(1, length(rows), by = size), function(start) {
    block = seq(start, min(start + size - 1, length(rows)))
    facts = fill_columns(tensor$narrow(1L, start, length(block)), task$backend$data(rows[block], input$id), input,
      in_codes)
    gc(full = FALSE)
    facts
  })
  check_columns(input$id, merged_facts(facts))
  finished_input(tensor, input, in_codes)
}

# The facts about columns in all blocks of rows.
merged_facts = function(facts) {
  merge = function(name, f) Reduce(f, map(facts, name))
  list(low = merge("low", pmin), high = merge("high", pmax), missing = merge("missing", `+`),
    infinite = merge("infinite", `+`))
}

# The same for columns, a list of vectors of length `rows` that includes those of the input.
# `draw`, `numbers`: what the randomness of lazy tensors follows from, see `core_lazy_read()`.
input_tensor = function(input, columns, rows, codes = FALSE, draw = 0, numbers = seq_len(rows)) {
  switch(input$kind,
    nothing = column_tensor(list(zero = numeric(rows))),
    classes = class_numbers(columns, input),
    own = own_tensor(columns, input, rows),
    lazy = lazy_tensor_rows(columns, input, draw, numbers),
    text = numbers_of_text(columns, input),
    sequence = sequence_tensor(columns, input, rows),
    sequence_mask = sequence_mask(columns, input, rows),
    columns = {
      in_codes = codes & is_wide(input)
      tensor = core_columns_create(rows, sum(column_counts(input, in_codes)))
      check_columns(input$id, fill_columns(tensor, columns, input, in_codes))
      finished_input(tensor, input, in_codes)
    }
  )
}

# A factor with so many levels may be kept in codes, see docs/decisions/wide_factors.md; beyond the upper limit, float32
# cannot tell the codes apart.
wide_levels = c(64, 2^24)

# For each column of an input, whether it is such a factor.
is_wide = function(input) input$coded & between(lengths(input$levels), wide_levels[[1L]], wide_levels[[2L]])

# Columns of the tensor that each column of an input takes.
column_counts = function(input, in_codes = FALSE) ifelse(input$coded & !in_codes, lengths(input$levels), 1L)

# What a network reads: a tensor or, if some columns are in codes, a list of class `torch_codes`, which the core takes
# in place of the tensor that it stands for.
# * values: a tensor with a column for each number, for each indicator of a factor, and for each code, from 0
# * levels: for each of its columns the levels of the factor, 0 for what is no code
# * dtype, shape: those of the tensor that it stands for
finished_input = function(tensor, input, in_codes) {
  if (!any(in_codes)) {
    return(if (is.null(input$shape)) tensor else tensor$reshape(c(-1, input$shape[-1L])))
  }
  new_torch_codes(tensor, coded_levels(input, in_codes))
}

# For each column of a tensor, the levels of the factor that it has in codes, or 0.
coded_levels = function(input, in_codes) {
  rep(ifelse(in_codes, lengths(input$levels), 0L), column_counts(input, in_codes))
}

new_torch_codes = function(values, levels) {
  structure(list(values = values, levels = levels, dtype = values$dtype,
    shape = c(values$shape[[1L]], sum(pmax(levels, 1L)))), class = "torch_codes")
}

# Writes the columns of an input into the tensor; returns facts about them.
fill_columns = function(tensor, columns, input, in_codes) {
  columns = as.list(columns)[input$id]
  for (i in which(input$coded)) columns[[i]] = as_column(columns[[i]], input$id[[i]], input$levels[[i]])
  core_columns_fill(tensor, 1L, columns, in_codes)
}

# Refuses missing and infinite values, and notes ranges.
check_columns = function(ids, facts) {
  core_columns_check(ids, facts$missing, facts$infinite)
  note_ranges(ids, facts$low, facts$high)
}

# What the function of a TorchIngressToken() makes of columns.
own_tensor = function(columns, input, rows) {
  where = sprintf("The batchgetter of the features %s", str_collapse(input$id, quote = "'", n = 5L))
  tensor = withCallingHandlers(input$batchgetter(as.data.table(as.list(columns)[input$id]), "cpu"),
    error = function(condition) {
      abort("dataset", sprintf("%s failed: %s", where, condition_text(condition)), parent = condition)
    })
  fits = inherits(tensor, "torch_tensor") && tensor$ndim > 0L && tensor$shape[[1L]] == rows
  if (!fits) {
    abort("dataset", sprintf("%s must return a tensor with %i rows, not %s.", where, rows, as_short_string(tensor)))
  }
  tensor
}

# The elements of a lazy tensor, of the shape that the network was made for.
lazy_tensor_rows = function(columns, input, draw, numbers) {
  check_lazy_shape(materialized_rows(as.list(columns)[[input$id]], draw, numbers), input)
}

check_lazy_shape = function(rows, input) {
  if (!identical(as.integer(rows$shape[-1L]), as.integer(input$shape[-1L]))) {
    abort("shape", sprintf("The elements of '%s' have the shape %s, but the network was made for %s; %s.", input$id,
      shape_text(rows$shape[-1L]), shape_text(input$shape[-1L]), "transform them as in training"))
  }
  rows
}

class_numbers = function(columns, input) {
  codes = pmap(list(as.list(columns)[input$id], input$id, input$levels), function(values, id, levels) {
    values = if (is.logical(values)) factor(values, levels = c(FALSE, TRUE)) else as_column(values, id, levels)
    core_target_create(values, "multiclass", id)
  })
  torch_stack(unname(codes), 2L)
}

is_factor_type = function(type) type %in% c("factor", "ordered")

# Columns of the tensor that each feature takes.
feature_widths = function(features) {
  ifelse(is_factor_type(features$type), lengths(features$levels), 1L)
}

# Columns of numbers, as list(<id> = <values>), as a tensor of shape (rows, columns).
column_tensor = function(columns) {
  tensor = core_columns_create(length(columns[[1L]]), length(columns))
  check_columns(names(columns), core_columns_fill(tensor, 1L, columns, NULL))
  tensor
}

# A column with the levels of training; its codes count from the first of them.
as_column = function(values, id, levels) {
  if (identical(levels(values), levels)) {
    return(values)
  }
  codes = match(levels(values), levels)[values]
  unseen = is.na(codes) & !is.na(values)
  if (any(unseen)) {
    abort_unseen_levels(id, unique(as.character(values[unseen])), levels)
  }
  structure(codes, levels = levels, class = "factor")
}

abort_unseen_levels = function(id, unseen, levels) {
  abort("unseen_levels", sprintf("Feature '%s' has levels that it did not have in training: %s. Known are %s; %s.", id,
    str_collapse(unseen, quote = "'", n = 10L), str_collapse(levels, quote = "'", n = 10L),
    "in a pipeline, po(\"fixfactors\") before po(\"imputemode\") replaces others"),
    fields = list(feature = id, levels = unseen, known = levels))
}
