# The backend of a task that map_task() has returned: the one that it had, and the file.

DataBackendMapped = R6Class("DataBackendMapped",
  inherit = mlr3::DataBackend,
  cloneable = FALSE,
  public = list(
    path = NULL,
    file_hash = NULL,
    initialize = function(backend, path, file_hash) {
      super$initialize(backend, backend$primary_key)
      self$path = path
      self$file_hash = file_hash
    },
    data = function(rows, cols) private$.data$data(rows, cols),
    head = function(n = 6L) private$.data$head(n),
    distinct = function(rows, cols, na_rm = TRUE) private$.data$distinct(rows, cols, na_rm),
    # the file knows where nothing is missing, so that a slow backend need not be asked
    missings = function(rows, cols) {
      complete = intersect(cols, complete_columns(self))
      counts = set_names(integer(length(cols)), cols)
      others = setdiff(cols, complete)
      if (length(others)) counts[others] = private$.data$missings(rows, others)
      counts
    },
    print = function() {
      catn(sprintf("<DataBackendMapped> (%ix%i)", as.integer(self$nrow), as.integer(self$ncol)))
      catn(sprintf("  '%s', and <%s>", self$path, class(private$.data)[[1L]]))
      invisible(self)
    }
  ),
  active = list(
    backend = function(rhs) {
      assert_read_only(rhs, "backend")
      private$.data
    },
    rownames = function(rhs) {
      assert_read_only(rhs, "rownames")
      private$.data$rownames
    },
    colnames = function(rhs) {
      assert_read_only(rhs, "colnames")
      private$.data$colnames
    },
    nrow = function(rhs) {
      assert_read_only(rhs, "nrow")
      private$.data$nrow
    },
    ncol = function(rhs) {
      assert_read_only(rhs, "ncol")
      private$.data$ncol
    },
    col_hashes = function(rhs) {
      assert_read_only(rhs, "col_hashes")
      private$.data$col_hashes
    }
  ),
  private = list(
    # the task is the same with and without a file
    .calculate_hash = function() private$.data$hash
  )
)

is_mapped_backend = function(backend) inherits(backend, "DataBackendMapped")

unmapped_backend = function(backend) if (is_mapped_backend(backend)) backend$backend else backend

# The opened file of such a backend.
file_of_backend = function(backend) {
  if (!file.exists(backend$path)) {
    abort("file", sprintf("The file '%s' of a mapped task is gone; write it again with map_task(), or set %s.",
      backend$path, "the learner's parameter `data = \"memory\"`"), fields = list(path = backend$path))
  }
  mapped = open_mapped(backend$path)
  if (!identical(mapped$hash, backend$file_hash)) {
    abort("file", sprintf("The file '%s' has been replaced by that of another task; call map_task() again.",
      backend$path), fields = list(path = backend$path))
  }
  mapped
}

complete_columns = function(backend) {
  mapped = tryCatch(file_of_backend(backend), mlr3libtorch_error_file = function(cond) NULL)
  mapped$info$id[mapped$facts$missing == 0]
}
