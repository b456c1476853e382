# What PyTorch returned, as the scripts in reference/ write it.

read_numbers = function(values) {
  as.numeric(sub("inf", "Inf", map_chr(values, as.character), fixed = TRUE))
}

# Row-major, as PyTorch writes it.
read_tensor = function(entry) {
  shape = as.integer(unlist(entry$shape))
  values = torch_tensor(read_numbers(entry$values), dtype = "float64")
  values$reshape(shape)$to(dtype = entry$dtype)
}

read_argument = function(entry) {
  if (!is.null(entry$tensors)) {
    return(map(entry$tensors, read_tensor))
  }
  if (!is.null(entry$integers)) {
    return(as.integer(unlist(entry$integers)))
  }
  if (is.null(entry$dtype)) entry$value else read_tensor(entry)
}

# How far two results differ, or why they cannot be compared.
difference = function(result, expected) {
  shape = as.integer(unlist(expected$shape))
  if (!identical(as.integer(result$shape), shape)) {
    return("another shape")
  }
  if (!identical(format(result$dtype), expected$dtype)) {
    return("another dtype")
  }
  values = as.numeric(as.array(result$reshape(-1)))
  wanted = read_numbers(expected$values)
  if (isTRUE(all.equal(values, wanted, tolerance = 1e-5))) "none" else "other values"
}

# "none" if `code` gives PyTorch's results, else what is different, or the message of its error.
reference_difference = function(code, expected) {
  result = tryCatch(code, error = identity)
  if (inherits(result, "error")) {
    return(conditionMessage(result))
  }
  results = if (inherits(result, "torch_tensor")) list(result) else unname(result)
  if (length(results) != length(expected)) {
    return("another number of results")
  }
  str_collapse(unique(unlist(pmap(list(results, expected), difference))))
}
