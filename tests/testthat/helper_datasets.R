# A dataset that computes its items, and notes in `asked` what it was asked for.
squares_dataset = dataset("squares",
  initialize = function(n, fails_at = Inf) {
    self$n = n
    self$fails_at = fails_at
    self$asked = NULL
  },
  .getitem = function(i) {
    self$asked = c(self$asked, i)
    if (i == self$fails_at) stop("the file is gone")
    list(x = torch_tensor(c(i, i^2)), count = as.integer(i), half = i / 2, name = letters[[i]])
  },
  .length = function() self$n
)

# Values that a loader gives, as R's, one element a batch.
loaded = function(loader, element = "count") {
  iter = dataloader_make_iter(loader)
  batches = list()
  repeat {
    batch = dataloader_next(iter, completed = "none")
    if (identical(batch, "none")) {
      return(batches)
    }
    value = if (is.list(batch)) batch[[element]] else batch
    batches[[length(batches) + 1L]] = if (inherits(value, "torch_tensor")) as_array(value) else value
  }
}
