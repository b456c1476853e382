# The rows of a task some of whose inputs are lazy tensors, for training and prediction.

# Read by threads of the core if nothing but C++ code is needed, else by R; `inputs`: the recipes of the network's
# inputs.
lazy_dataset = function(task, inputs, target) {
  kinds = map_chr(inputs, "kind")
  parts = if ("own" %nin% kinds && task$nrow) lazy_inputs_of_core(task, inputs[kinds == "lazy"])
  if (is.null(parts)) {
    return(inputs_dataset(task, inputs, target))
  }
  x = imap(inputs, function(input, name) parts[[name]] %??% input_from_task(input, task))
  handle = core_column_source(unname(x), if (target) target_tensor(task))
  data = new_core_dataset(handle, names(inputs), task$row_ids, target)
  iwalk(inputs[kinds == "lazy"], function(input, name) check_lazy_shape(data$x[[name]], input))
  data
}

# For each input, list(column, elements) as `core_column_source()` takes it; NULL if R code has to read one of them.
lazy_inputs_of_core = function(task, inputs) {
  columns = task$data(cols = unique(map_chr(inputs, "id")))
  parts = map(inputs, function(input) {
    part = lazy_parts(columns[[input$id]])
    descriptor = part[[1L]]$descriptor
    if (length(part) == 1L && is_read_by_core(descriptor$source, descriptor$steps)) {
      list(column = native_column(descriptor$source, descriptor$steps), elements = part[[1L]]$ids)
    }
  })
  if (!some(parts, is.null)) parts
}
