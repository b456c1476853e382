#' @rdname nn_module
#' @param x (`numeric()`, `torch_tensor` or `torch_init`)\cr
#'   The values: an array; a tensor, with which the memory is shared; or [nn_init()], which waits for the module's
#'   first input where a size is `NA`.
#' @param requires_grad (`logical(1)`)\cr
#'   Whether it is trained.
#' @return `nn_parameter()`, `nn_buffer()`: a tensor that a module lists among its weights when it is assigned to
#'   `self`.
#' @export
nn_parameter = function(x, requires_grad = TRUE) {
  assert_flag(requires_grad)
  if (inherits(x, "torch_init")) {
    return(lazy_weight(x, "nn_parameter", requires_grad))
  }
  tensor = if (is.numeric(x)) torch_tensor(x, dtype = "float32") else fresh_tensor(x)
  as_weight(tensor$requires_grad_(requires_grad), "nn_parameter")
}

#' @rdname nn_module
#' @param persistent (`logical(1)`)\cr
#'   Whether the buffer is part of the module's state.
#' @export
nn_buffer = function(x, persistent = TRUE) {
  assert_flag(persistent)
  kind = c("nn_buffer", if (persistent) "nn_persistent")
  if (inherits(x, "torch_init")) lazy_weight(x, kind, FALSE) else as_weight(fresh_tensor(x), kind)
}

#' @rdname nn_module
#' @export
is_nn_parameter = function(x) inherits(x, "nn_parameter")

#' @rdname nn_module
#' @export
is_nn_buffer = function(x) inherits(x, "nn_buffer")

# A handle of its own for the memory of a tensor.
fresh_tensor = function(x) {
  if (inherits(x, "torch_tensor")) x$detach() else torch_tensor(if (is_tensor_data(x)) core_plain_to_tensor(x) else x)
}

as_weight = function(tensor, kind) {
  class(tensor) = c(kind, "torch_tensor")
  tensor
}

# One that is made when the module is first called; its size may follow from the first input.
lazy_weight = function(init, kind, requires_grad) {
  lazy = structure(list(init = unclass(init), kind = kind, requires_grad = requires_grad), class = "torch_lazy_weight")
  if (any(init$shape < 0)) lazy else made_weight(lazy, "parameter", torch_zeros(1L, 1L))
}

made_weight = function(lazy, name, input) {
  tensor = core_initial_tensor(lazy$init, name, list(input))
  as_weight(tensor$requires_grad_(lazy$requires_grad), lazy$kind)
}

# Called before a module's first forward.
make_lazy_weights = function(core, input) {
  for (name in core$lazy) {
    assign(name, made_weight(core$members[[name]], name, input), envir = core$members)
  }
  core$lazy = NULL
}
