# What is measured. A cell is one training run; a row of these tables is one cell, in the order of its fields
# everything that a contender has to know.
library(data.table)

cell_fields = c("task", "rows", "inputs", "outputs", "layers", "width", "batch", "epochs", "optimizer", "rate",
  "shuffle", "threads")

# The cells that the paper on mlr3torch publishes. Without hidden layers the width means nothing; the paper has these
# rows three times, and so has this table.
paper_cells = function(epochs = 20L) {
  cells = CJ(optimizer = c("sgd", "adamw"), width = c(100L, 200L, 400L), layers = c(0L, 4L, 8L, 12L, 16L),
    sorted = FALSE)
  cells[, let(cell = sprintf("%s, W %i, L %i", c(sgd = "SGD", adamw = "AdamW")[optimizer], width, layers),
    group = "paper", task = "regression", rows = 2000L, inputs = 1000L, outputs = 1L, batch = 32L, epochs = epochs,
    rate = 1e-4, shuffle = 0L, threads = 1L)]
}

# Small tabular networks, as R users train them. The one with a single hidden layer is there because nnet has no more.
tabular_cells = function(epochs = 5L) {
  cells = rbind(
    data.table(layers = 1L, width = 16L, batch = 32L),
    CJ(layers = 2L, width = c(16L, 128L, 512L), batch = c(32L, 256L), sorted = FALSE)
  )
  cells[, let(cell = sprintf("20-%s-2, batch %i", c(width, paste0(width, "-", width))[layers], batch)), by = .I]
  cells[, let(group = "tabular", task = "classification", rows = 20000L, inputs = 20L, outputs = 2L, epochs = epochs,
    optimizer = "adam", rate = 1e-3, shuffle = 1L, threads = 1L)]
}

all_cells = function() rbind(paper_cells(), tabular_cells(), use.names = TRUE)

# A few cells of each kind and fewer epochs: shows that everything runs, not how fast.
quick_cells = function() {
  cells = rbind(paper_cells(2L), tabular_cells(1L), use.names = TRUE)
  cells[(group == "paper" & width == 100L & layers %in% c(0L, 4L)) | (group == "tabular" & width == 16L)]
}

# Batches of a whole run; the last one of an epoch may be smaller.
n_batches = function(cells) cells[, ceiling(rows / batch) * epochs]

# The line that tells a contender what to do.
cell_line = function(cell) {
  paste(vapply(cell[, cell_fields, with = FALSE], function(x) format(x, scientific = FALSE), ""), collapse = " ")
}

parse_cell = function(line) {
  cell = setNames(as.list(strsplit(line, " ", fixed = TRUE)[[1]]), cell_fields)
  numbers = setdiff(cell_fields, c("task", "optimizer"))
  cell[numbers] = lapply(cell[numbers], as.numeric)
  cell
}

# Units of each layer, the inputs first.
layer_sizes = function(cell) c(cell$inputs, rep(cell$width, cell$layers), cell$outputs)
