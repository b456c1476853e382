#' Make tensors
#'
#' @name torch_creation
#' @description
#' `torch_tensor()` copies R data; the other functions make tensors of a given size.
#'
#' Without a `dtype`, numeric data become float32, integer int64, logical bool, raw uint8 and complex complex64.
#' A vector has one dimension, even if it has a single element; a matrix or array keeps its dimensions.
#'
#' @param data (`numeric()`, `integer()`, `logical()`, `complex()`, `raw()`, `torch_tensor` or `torch_tensor_data`)\cr
#'   A vector, matrix or array.
#' @param ... (`integer()`)\cr
#'   The size, as one vector or as several numbers.
#' @param size (`integer()`)\cr
#'   The size.
#' @param fill_value (`numeric(1)` or `logical(1)`)\cr
#'   The value of every element.
#' @param dtype (`torch_dtype`, `character(1)` or `NULL`)\cr
#'   The type of the elements; see [torch_float32()].
#' @param device (`character(1)` or `NULL`)\cr
#'   The device of the tensor: `"cpu"`, `"cuda"`, `"cuda:0"`, `"mps"`.
#' @param requires_grad (`logical(1)`)\cr
#'   Whether operations on it are tracked for gradients.
#' @param start,end (`numeric(1)`)\cr
#'   First and last value; `end` belongs to the sequence if a step leads to it.
#' @param step (`numeric(1)`)\cr
#'   The difference between neighbours.
#' @param steps (`integer(1)`)\cr
#'   The number of values.
#' @param low,high (`integer(1)`)\cr
#'   Whole numbers are drawn from `low` to `high - 1`.
#' @param n,m (`integer(1)`)\cr
#'   Rows and columns; how many numbers, for `torch_randperm()`, which returns 0 to `n - 1` in random order.
#'
#' @return (`torch_tensor`).
#'
#' @section Errors:
#' `mlr3libtorch_error_argument` for data that cannot be a tensor (lists, strings, factors), for a number that the
#' `dtype` cannot hold, and for `NA` in integer or logical data.
#'
#' @family Tensor
#' @examples
#' x = torch_tensor(matrix(1:6, nrow = 2), dtype = "float32")
#' x$sum(dim = 1)
#' torch_zeros(2, 3)
NULL

#' @rdname torch_creation
#' @export
torch_tensor = function(data, dtype = NULL, device = NULL, requires_grad = FALSE) {
  if (length(creation_defaults)) {
    if (is.double(data)) dtype = dtype %??% creation_defaults$dtype
    if (!inherits(data, "torch_tensor")) device = device %??% creation_defaults$device
  }
  core_tensor_from_r(data, dtype, device, requires_grad)
}

#' @rdname torch_creation
#' @export
torch_scalar_tensor = function(data, dtype = NULL, device = NULL, requires_grad = FALSE) {
  if (length(data) != 1L) {
    abort("argument", sprintf("'data' must be a single number, not of length %i.", length(data)))
  }
  tensor = core_tensor_call("reshape", core_tensor_from_r(data, dtype, device, FALSE), list(integer()))
  core_tensor_set(tensor, "requires_grad", requires_grad)
}

# Calls a creation operation and marks its result; LibTorch chooses arguments that are NULL.
create_tensor = function(operation, arguments, dtype, device, requires_grad) {
  if (length(creation_defaults)) {
    if (makes_floats(operation, arguments)) dtype = dtype %??% creation_defaults$dtype
    device = device %??% creation_defaults$device
  }
  options = discard(list(dtype = dtype, device = device), is.null)
  tensor = core_tensor_call(operation, NULL, c(arguments, options))
  if (isFALSE(requires_grad)) tensor else core_tensor_set(tensor, "requires_grad", requires_grad)
}

# Whether the result has LibTorch's default type of floating point numbers.
makes_floats = function(operation, arguments) {
  switch(operation,
    randint = ,
    randperm = FALSE,
    full = is.double(arguments$fill_value),
    arange = some(arguments, is.double),
    TRUE
  )
}

# torch_zeros(2, 3) and torch_zeros(c(2, 3)) are the same.
given_size = function(...) {
  size = unlist(list(...))
  if (is.null(size)) integer() else size
}

#' @rdname torch_creation
#' @export
torch_zeros = function(..., dtype = NULL, device = NULL, requires_grad = FALSE) {
  create_tensor("zeros", list(size = given_size(...)), dtype, device, requires_grad)
}

#' @rdname torch_creation
#' @export
torch_ones = function(..., dtype = NULL, device = NULL, requires_grad = FALSE) {
  create_tensor("ones", list(size = given_size(...)), dtype, device, requires_grad)
}

#' @rdname torch_creation
#' @export
torch_empty = function(..., dtype = NULL, device = NULL, requires_grad = FALSE) {
  create_tensor("empty", list(size = given_size(...)), dtype, device, requires_grad)
}

#' @rdname torch_creation
#' @export
torch_full = function(size, fill_value, dtype = NULL, device = NULL, requires_grad = FALSE) {
  create_tensor("full", list(size = size, fill_value = fill_value), dtype, device, requires_grad)
}

#' @rdname torch_creation
#' @export
torch_rand = function(..., dtype = NULL, device = NULL, requires_grad = FALSE) {
  create_tensor("rand", list(size = given_size(...)), dtype, device, requires_grad)
}

#' @rdname torch_creation
#' @export
torch_randn = function(..., dtype = NULL, device = NULL, requires_grad = FALSE) {
  create_tensor("randn", list(size = given_size(...)), dtype, device, requires_grad)
}

#' @rdname torch_creation
#' @export
torch_randint = function(low, high, size, dtype = NULL, device = NULL, requires_grad = FALSE) {
  create_tensor("randint", list(low = low, high = high, size = size), dtype, device, requires_grad)
}

#' @rdname torch_creation
#' @export
torch_randperm = function(n, dtype = NULL, device = NULL, requires_grad = FALSE) {
  create_tensor("randperm", list(n = n), dtype, device, requires_grad)
}

#' @rdname torch_creation
#' @export
torch_arange = function(start, end, step = 1L, dtype = NULL, device = NULL, requires_grad = FALSE) {
  for (name in c("start", "end", "step")) {
    value = get(name)
    if (!test_number(value, finite = TRUE)) {
      abort("argument", sprintf("'%s' must be a single finite number.", name), list(argument = name))
    }
  }
  if (step == 0 || (end - start) / step < 0) {
    abort("argument", sprintf("Steps of %s do not lead from %s to %s.", step, start, end))
  }
  # LibTorch leaves out the end; half a step beyond the last value includes it, whatever the rounding error.
  last = start + floor((end - start) / step + 1e-9) * step
  if (is.integer(start) && is.integer(step)) {
    beyond = as.integer(last + sign(step))
  } else {
    beyond = last + step / 2
  }
  create_tensor("arange", list(start = start, end = beyond, step = step), dtype, device, requires_grad)
}

#' @rdname torch_creation
#' @export
torch_linspace = function(start, end, steps = 100L, dtype = NULL, device = NULL, requires_grad = FALSE) {
  create_tensor("linspace", list(start = start, end = end, steps = steps), dtype, device, requires_grad)
}

#' @rdname torch_creation
#' @export
torch_eye = function(n, m = n, dtype = NULL, device = NULL, requires_grad = FALSE) {
  create_tensor("eye", list(n = n, m = m), dtype, device, requires_grad)
}
