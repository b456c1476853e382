# Starting values of parameters. Each function changes its tensor and returns it, without recording.

#' @title Starting Values of Parameters
#'
#' @name torch_init
#' @description
#' Functions that fill a tensor with starting values and return it; nothing is recorded for `$backward()`.
#' Names, arguments and defaults are those of the R package torch.
#'
#' @param tensor (`torch_tensor`)\cr
#'   What is filled. A weight has the shape `[outputs, inputs, ...]`.
#' @param a,b (`numeric(1)`)\cr
#'   The least and the greatest value; for the functions after Kaiming He, `a` is the slope of the leaky rectifier.
#' @param mean,std (`numeric(1)`)\cr
#'   Mean and standard deviation.
#' @param val (`numeric(1)`)\cr
#'   The value of all elements.
#' @param gain (`numeric(1)`)\cr
#'   What the values are multiplied by; see `nn_init_calculate_gain()`.
#' @param mode (`character(1)`)\cr
#'   `"fan_in"` keeps the variance on the way forward, `"fan_out"` on the way back.
#' @param nonlinearity (`character(1)`)\cr
#'   What follows the layer: a layer, `"sigmoid"`, `"tanh"`, `"relu"`, `"leaky_relu"` or `"selu"`.
#' @param param (`numeric(1)` or `NULL`)\cr
#'   The slope of `"leaky_relu"`.
#' @param groups (`integer(1)`)\cr
#'   The groups of a convolution.
#' @param sparsity (`numeric(1)`)\cr
#'   The share of each column that becomes zero.
#' @param ... (any)\cr
#'   Refused: an argument with another name is an error, which tells the nearest one.
#' @return (`torch_tensor`) The same tensor. `nn_init_calculate_gain()`: (`numeric(1)`).
#' @section Errors:
#' A tensor of the wrong number of dimensions: `mlr3libtorch_error_shape`.
#' @family Module
#' @examples
#' nn_init_xavier_uniform_(torch_empty(3, 5))
#' nn_init_kaiming_normal_(torch_empty(3, 5), nonlinearity = "relu")
NULL

fill_in_place = function(tensor, operation, ...) {
  with_no_grad(core_tensor_call(operation, tensor, list(...)))
  invisible(tensor)
}

assert_dimensions = function(tensor, allowed, name) {
  n = length(dim(tensor))
  if (n %nin% allowed) {
    words = str_collapse(allowed, sep = " or ")
    abort("shape", sprintf("%s() needs a tensor of %s dimensions, not %i.", name, words, n))
  }
}

#' @rdname torch_init
#' @export
nn_init_uniform_ = function(tensor, a = 0, b = 1) fill_in_place(tensor, "uniform_", a, b)

#' @rdname torch_init
#' @export
nn_init_normal_ = function(tensor, mean = 0, std = 1) fill_in_place(tensor, "normal_", mean, std)

#' @rdname torch_init
#' @export
nn_init_trunc_normal_ = function(tensor, mean = 0, std = 1, a = -2, b = 2) {
  # a uniform quantile between those of the limits, turned into a value
  limits = 2 * stats::pnorm((c(a, b) - mean) / std) - 1
  with_no_grad({
    tensor$uniform_(limits[[1L]], limits[[2L]])$erfinv_()$mul_(std * sqrt(2))$add_(mean)$clamp_(a, b)
  })
  invisible(tensor)
}

#' @rdname torch_init
#' @export
nn_init_constant_ = function(tensor, val) fill_in_place(tensor, "fill_", val)

#' @rdname torch_init
#' @export
nn_init_ones_ = function(tensor) nn_init_constant_(tensor, 1)

#' @rdname torch_init
#' @export
nn_init_zeros_ = function(tensor) nn_init_constant_(tensor, 0)

#' @rdname torch_init
#' @export
nn_init_eye_ = function(tensor) {
  assert_dimensions(tensor, 2L, "nn_init_eye_")
  size = dim(tensor)
  fill_in_place(tensor, "copy_", torch_eye(size[[1L]], size[[2L]], dtype = tensor$dtype, device = tensor$device))
}

#' @rdname torch_init
#' @export
nn_init_dirac_ = function(tensor, groups = 1) {
  assert_dimensions(tensor, 3:5, "nn_init_dirac_")
  size = dim(tensor)
  if (size[[1L]] %% groups != 0) {
    abort("shape", sprintf("%i outputs cannot be divided into %s groups.", size[[1L]], groups))
  }
  # Within each group, output i passes on input i: a one in the middle of its kernel.
  in_group = size[[1L]] %/% groups
  values = array(0, size)
  middle = size[-(1:2)] %/% 2L + 1L
  for (output in seq_len(size[[1L]])) {
    place = (output - 1L) %% in_group + 1L
    if (place <= size[[2L]]) values[t(c(output, place, middle))] = 1
  }
  fill_in_place(tensor, "copy_", torch_tensor(values, dtype = tensor$dtype, device = tensor$device))
}

# How many numbers of the input an output depends on, and the other way round.
fans = function(tensor) {
  size = dim(tensor)
  if (length(size) < 2L) {
    abort("shape", sprintf(
      "Inputs and outputs are counted for tensors of at least two dimensions, but this one has the shape [%s].",
      toString(size)))
  }
  c(fan_in = size[[2L]], fan_out = size[[1L]]) * prod(size[-(1:2)])
}

fan = function(tensor, mode) {
  mode = tolower(mode)
  if (!test_choice(mode, c("fan_in", "fan_out"))) {
    abort_unknown("argument", sprintf("There is no mode '%s'.", mode), mode, c("fan_in", "fan_out"),
      fields = list(argument = "mode"))
  }
  fans(tensor)[[mode]]
}

#' @rdname torch_init
#' @export
nn_init_xavier_uniform_ = function(tensor, gain = 1) {
  bound = gain * sqrt(6 / sum(fans(tensor)))
  nn_init_uniform_(tensor, -bound, bound)
}

#' @rdname torch_init
#' @export
nn_init_xavier_normal_ = function(tensor, gain = 1) {
  nn_init_normal_(tensor, 0, gain * sqrt(2 / sum(fans(tensor))))
}

#' @rdname torch_init
#' @export
nn_init_kaiming_uniform_ = function(tensor, a = 0, mode = "fan_in", nonlinearity = "leaky_relu") {
  bound = nn_init_calculate_gain(nonlinearity, a) * sqrt(3 / fan(tensor, mode))
  nn_init_uniform_(tensor, -bound, bound)
}

#' @rdname torch_init
#' @export
nn_init_kaiming_normal_ = function(tensor, a = 0, mode = "fan_in", nonlinearity = "leaky_relu") {
  nn_init_normal_(tensor, 0, nn_init_calculate_gain(nonlinearity, a) / sqrt(fan(tensor, mode)))
}

#' @rdname torch_init
#' @export
nn_init_orthogonal_ = function(tensor, gain = 1) {
  size = dim(tensor)
  if (length(size) < 2L) {
    abort("shape", sprintf("nn_init_orthogonal_() needs at least two dimensions, not %i.", length(size)))
  }
  rows = size[[1L]]
  columns = prod(size[-1L])
  long = max(rows, columns)
  short = min(rows, columns)
  with_no_grad({
    parts = linalg_qr(torch_randn(long, short, dtype = tensor$dtype, device = tensor$device))
    # The signs make the matrix uniform among the orthogonal ones.
    orthogonal = parts[[1L]] * parts[[2L]]$diagonal()$sign()
    if (rows < columns) orthogonal = orthogonal$t()
    tensor$copy_(orthogonal$reshape(size))$mul_(gain)
  })
  invisible(tensor)
}

#' @rdname torch_init
#' @export
nn_init_sparse_ = function(tensor, sparsity, std = 0.01) {
  assert_dimensions(tensor, 2L, "nn_init_sparse_")
  size = dim(tensor)
  zeros = ceiling(sparsity * size[[1L]])
  nn_init_normal_(tensor, 0, std)
  with_no_grad({
    # the places of the smallest random numbers of each column are some at random
    if (zeros > 0) tensor$scatter_(1, torch_rand(size)$argsort(1)$narrow(1, 1, zeros)$to(device = tensor$device), 0)
  })
  invisible(tensor)
}

#' @rdname torch_init
#' @export
nn_init_calculate_gain = function(nonlinearity, param = NULL) {
  layers = c("linear", paste0("conv", 1:3, "d"), paste0("conv_transpose", 1:3, "d"))
  gains = c(set_names(rep(1, length(layers)), layers), sigmoid = 1, tanh = 5 / 3, relu = sqrt(2), selu = 3 / 4,
    leaky_relu = sqrt(2 / (1 + (param %??% 0.01)^2)))
  if (!test_choice(nonlinearity, names(gains))) {
    given = if (test_string(nonlinearity)) nonlinearity else as_short_string(nonlinearity)
    abort_unknown("argument", sprintf("There is no gain for '%s'.", given), given, names(gains),
      fields = list(argument = "nonlinearity"))
  }
  gains[[nonlinearity]]
}
