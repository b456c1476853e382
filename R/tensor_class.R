# A tensor in R: a pointer to LibTorch's, of class `torch_tensor`.
# Fields are read from C++ on demand; everything else after `$` is one of LibTorch's operations, called through its
# schema, so there is no list of operations here.

#' Tensors
#'
#' @name torch_tensor_class
#' @description
#' A `torch_tensor` is a handle: assigning it to another name makes no copy, and operations whose names end in `_`
#' change the tensor that every name sees.
#' R's files cannot hold the tensor behind a handle; save [as.array()] of it, or keep it in the state of a callback.
#'
#' Dimensions and positions count from 1; negative ones count from the end.
#'
#' @section Parts:
#' `x[i, j]` and `x[i, j] = value` take numbers, a logical for each position, tensors of either and empty places for
#' whole dimensions; several vectors choose a block, as in R. `x[mask]` takes the elements for which a tensor is `TRUE`.
#' `..` stands for all dimensions that the others leave, as in `x[.., 1]`, and `NULL` or `newaxis` for a new dimension
#' of size 1. Inside of the brackets, `N` is the size of the dimension (unless there is a variable `N` with a number),
#' the end of a range may count from the end, and a second colon gives a step: `x[2:N]`, `x[1:(N - 1)]`, `x[2:-2]`,
#' `x[1:N:2]`; for computed bounds there is [slc()]. Dimensions of which a single position is taken are dropped
#' unless `drop = FALSE`.
#' Positions that follow each other give a view: changing it in place changes `x`.
#'
#' @section Fields:
#' * `shape` (`integer()`), `ndim` (`integer(1)`), `stride`.
#' * `dtype` (`torch_dtype`): the type of the elements, for instance `"float32"`; see [torch_float32()].
#' * `device` (`torch_device`): for instance `"cpu"`; see [torch_device()].
#' * `requires_grad` (`logical(1)`), `is_leaf` (`logical(1)`).
#' * `grad` (`torch_tensor` or `NULL`): the gradient; may be assigned.
#' * `grad_fn` (`character(1)` or `NULL`): the name of what computes the gradient of the operation that made the tensor.
#' * `data` (`torch_tensor`): the same memory without history; may be assigned.
#' * `T` (`torch_tensor`): the last two dimensions swapped.
#'
#' @section Methods:
#' Every operation of LibTorch, for instance `x$mean(dim = 1)`, `x$norm()`, `x$matmul(y)` and `x$mul_(0.5)`;
#' see [torch_call()].
#' Also: `$size()`, `$dim()`, `$numel()`, `$item()`, `$backward()`, `$to()`, `$cpu()`, `$cuda()`, `$float()`,
#' `$double()`, `$half()`, `$long()`, `$int()`, `$short()`, `$bool()`, `$requires_grad_()`, `$is_contiguous()`.
#'
#' `$register_hook(hook)`: calls `hook(grad)` whenever the tensor's gradient is computed; a tensor that it returns takes
#' the gradient's place. Gives a list with the function `remove()`. On the CPU only. With a hook on a parameter, a
#' learner's steps are made by autograd.
#'
#' @section Errors:
#' A name that is neither a field nor an operation: `mlr3libtorch_error_unknown_operation`, with the nearest name.
#' Arguments that no form of an operation takes: `mlr3libtorch_error_argument`, with the schemas.
#' What LibTorch refuses (shapes that do not fit): `mlr3libtorch_error_tensor`.
#' A handle from an R file: `mlr3libtorch_error_handle`.
#' @family Tensor
#' @examples
#' x = torch_tensor(matrix(1:6 / 2, nrow = 2))
#' x$shape
#' x[1, ]
#' x$mean(dim = 1)
#' x[2, 1] = 10
#' as.matrix(x)
NULL

# Methods that are not operations of LibTorch.
tensor_methods = new.env(parent = emptyenv())

# One of the numbers that a tensor has for each dimension, or all of them.
of_dimension = function(numbers, dim) {
  if (is.null(dim)) {
    return(numbers)
  }
  ndim = length(numbers)
  if (!test_int(dim) || dim == 0 || abs(dim) > ndim) {
    abort("argument",
      sprintf("'dim' must be a whole number from 1 to %i (or from -1 to -%i, counted from the end).", ndim, ndim),
      list(argument = "dim")
    )
  }
  numbers[[if (dim < 0) ndim + 1 + dim else dim]]
}

tensor_methods$size = function(self, dim = NULL) of_dimension(core_tensor_get(self, "shape"), dim)
tensor_methods$dim = function(self) core_tensor_get(self, "ndim")
tensor_methods$numel = function(self) core_tensor_get(self, "numel")
tensor_methods$stride = function(self, dim = NULL) of_dimension(core_tensor_get(self, "stride"), dim)
tensor_methods$element_size = function(self) core_tensor_get(self, "element_size")
tensor_methods$is_contiguous = function(self) core_tensor_get(self, "is_contiguous")

tensor_methods$backward = function(self, gradient = NULL, retain_graph = NULL, create_graph = FALSE) {
  invisible(core_tensor_backward(self, gradient, retain_graph, create_graph))
}

tensor_methods$requires_grad_ = function(self, requires_grad = TRUE) {
  invisible(core_tensor_set(self, "requires_grad", requires_grad))
}

# `x$to("cpu")` means the device, though the type comes first.
is_device_name = function(x) inherits(x, "torch_device") || test_string(x, pattern = "^(cpu|cuda|mps)(:[0-9]+)?$")

tensor_methods$to = function(self, dtype = NULL, device = NULL, non_blocking = FALSE, copy = FALSE, other = NULL) {
  if (!is.null(other)) {
    dtype = dtype %??% core_tensor_get(other, "dtype")
    device = device %??% core_tensor_get(other, "device")
  }
  if (is.null(device) && is_device_name(dtype)) {
    return(tensor_methods$to(self, NULL, dtype, non_blocking, copy))
  }
  dtype = dtype %??% core_tensor_get(self, "dtype")
  if (is.null(device)) {
    return(core_tensor_call("to", self, list(dtype = dtype, non_blocking = non_blocking, copy = copy)))
  }
  core_tensor_call("to", self, list(device = device, dtype = dtype, non_blocking = non_blocking, copy = copy))
}

tensor_methods$cpu = function(self) tensor_methods$to(self, device = "cpu")
tensor_methods$cuda = function(self) tensor_methods$to(self, device = "cuda")
tensor_methods$float = function(self) tensor_methods$to(self, "float32")
tensor_methods$double = function(self) tensor_methods$to(self, "float64")
tensor_methods$half = function(self) tensor_methods$to(self, "float16")
tensor_methods$long = function(self) tensor_methods$to(self, "int64")
tensor_methods$int = function(self) tensor_methods$to(self, "int32")
tensor_methods$short = function(self) tensor_methods$to(self, "int16")
tensor_methods$bool = function(self) tensor_methods$to(self, "bool")

# What may come after `$`, by name: "field", "method" or "operation". Filled when first asked for.
tensor_members = new.env(parent = emptyenv())

# Names that are read as fields although they could be called.
method_fields = c("stride", "numel", "element_size", "is_contiguous")

fill_tensor_members = function() {
  for (name in core_operation_names()) assign(name, "operation", envir = tensor_members)
  for (name in setdiff(core_tensor_fields(), method_fields)) assign(name, "field", envir = tensor_members)
  for (name in names(tensor_methods)) assign(name, "method", envir = tensor_members)
}

tensor_member_names = function() {
  if (length(tensor_members) == 0L) fill_tensor_members()
  names(tensor_members)
}

unknown_tensor_member = function(name) {
  known = tensor_member_names()
  abort_unknown("unknown_operation", sprintf("A torch_tensor has no field or method '%s'.", name), name, known,
    fields = list(operation = name))
}

#' @export
`$.torch_tensor` = function(x, name) {
  kind = tensor_members[[name]]
  if (is.null(kind)) {
    if (length(tensor_members) > 0L) unknown_tensor_member(name)
    fill_tensor_members()
    kind = tensor_members[[name]] %??% unknown_tensor_member(name)
  }
  switch(kind,
    # core_tensor_call() without its wrapper: a loop over small tensors spends its time here.
    operation = function(...) .Call(`_mlr3libtorch_core_tensor_call`, name, x, list(...)),
    field = {
      value = core_tensor_get(x, name)
      switch(name, dtype = new_dtype(value), device = new_device(value), value)
    },
    method = {
      method = tensor_methods[[name]]
      function(...) method(x, ...)
    }
  )
}

#' @export
`[[.torch_tensor` = function(x, i, ...) {
  if (is.character(i) && length(i) == 1L && !is.na(i)) {
    return(`$.torch_tensor`(x, i))
  }
  x[i, ...]
}

#' @export
`[[<-.torch_tensor` = function(x, i, ..., value) {
  x[i, ...] = value
  x
}

# A number that is not one.
#' @export
is.na.torch_tensor = function(x) core_tensor_call("isnan", x, list())

#' @export
anyNA.torch_tensor = function(x, recursive = FALSE) core_tensor_call("isnan", x, list())$any()$item()

#' @method all.equal torch_tensor
#' @export
all.equal.torch_tensor = function(target, current, tolerance = NULL, ...) {
  if (!inherits(current, "torch_tensor")) {
    return(sprintf("target is a torch_tensor, current is %s", as_short_string(current)))
  }
  facts = function(x) c(dtype = core_tensor_get(x, "dtype"), shape = toString(core_tensor_get(x, "shape")))
  differ = facts(target) != facts(current)
  if (any(differ)) {
    return(sprintf("the %s differs: %s, %s", names(which(differ)), facts(target)[differ], facts(current)[differ]))
  }
  # what float32 can tell apart
  least = if (core_tensor_get(target, "dtype") == "float64") 1.5e-8 else 1e-5
  all.equal(as.array(target), as.array(current), tolerance = tolerance %??% least, ...)
}

#' @export
`$<-.torch_tensor` = function(x, name, value) {
  core_tensor_set(x, name, value)
}

#' @rawNamespace S3method(utils::.DollarNames, torch_tensor)
.DollarNames.torch_tensor = function(x, pattern = "") {
  grep(pattern, sort(tensor_member_names()), value = TRUE)
}

#' @export
dim.torch_tensor = function(x) core_tensor_get(x, "shape")

#' @export
length.torch_tensor = function(x) core_tensor_get(x, "numel")

#' @export
print.torch_tensor = function(x, n = 30L, ...) {
  cat("torch_tensor\n", core_tensor_text(x, n), "\n", sep = "")
  invisible(x)
}

#' @export
format.torch_tensor = function(x, ...) {
  sprintf("<torch_tensor %s [%s]>", core_tensor_get(x, "dtype"), paste(core_tensor_get(x, "shape"), collapse = ", "))
}

#' @importFrom utils str
#' @export
str.torch_tensor = function(object, ...) {
  cat(" ", format(object), "\n", sep = "")
}
