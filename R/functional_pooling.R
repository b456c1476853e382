# Pooling that is several operations.

# One number for each of `n` dimensions.
each_dimension = function(x, n, name) {
  x = unlist(x)
  if (length(x) %nin% c(1L, n)) {
    abort("argument", sprintf("'%s' must be one number, or one for each of %i dimensions, not %i numbers.", name, n,
      length(x)), list(argument = name))
  }
  rep_len(x, n)
}

# What power-average pooling makes of the average of powers.
root_of_sums = function(averages, size, norm_type) {
  (averages$sign() * averages$abs()$relu() * size)$pow(1 / norm_type)
}

#' @rdname torch_functional
#' @param norm_type (`numeric(1)`)\cr
#'   The power.
#' @export
nnf_lp_pool1d = function(input, norm_type, kernel_size, stride = NULL, ceil_mode = FALSE) {
  averages = nnf_avg_pool1d(input$pow(norm_type), kernel_size, stride, 0, ceil_mode)
  root_of_sums(averages, kernel_size, norm_type)
}

#' @rdname torch_functional
#' @export
nnf_lp_pool2d = function(input, norm_type, kernel_size, stride = NULL, ceil_mode = FALSE) {
  averages = nnf_avg_pool2d(input$pow(norm_type), kernel_size, stride, 0, ceil_mode)
  root_of_sums(averages, prod(each_dimension(kernel_size, 2L, "kernel_size")), norm_type)
}

# The sizes that maxima are spread over: given, or those that pooling starts from if nothing is left over.
unpooled_size = function(input, kernel_size, stride, padding, output_size) {
  n = length(kernel_size)
  if (!is.null(output_size)) {
    output_size = unlist(output_size)
    if (length(output_size) %in% c(n + 1L, n + 2L)) output_size = utils::tail(output_size, n)
    return(each_dimension(output_size, n, "output_size"))
  }
  (utils::tail(dim(input), n) - 1) * stride + kernel_size - 2 * padding
}

max_unpool = function(n, input, indices, kernel_size, stride, padding, output_size) {
  kernel_size = each_dimension(kernel_size, n, "kernel_size")
  stride = if (length(stride)) each_dimension(stride, n, "stride") else kernel_size
  padding = each_dimension(padding, n, "padding")
  size = unpooled_size(input, kernel_size, stride, padding, output_size)
  switch(n,
    torch_call("max_unpool2d", input$unsqueeze(-1), indices$unsqueeze(-1), output_size = c(size, 1))$squeeze(-1),
    torch_call("max_unpool2d", input, indices, output_size = size),
    torch_call("max_unpool3d", input, indices, output_size = size, stride = stride, padding = padding)
  )
}

#' @rdname torch_functional
#' @export
nnf_max_unpool1d = function(input, indices, kernel_size, stride = NULL, padding = 0, output_size = NULL) {
  max_unpool(1L, input, indices, kernel_size, stride, padding, output_size)
}

#' @rdname torch_functional
#' @export
nnf_max_unpool2d = function(input, indices, kernel_size, stride = NULL, padding = 0, output_size = NULL) {
  max_unpool(2L, input, indices, kernel_size, stride, padding, output_size)
}

#' @rdname torch_functional
#' @export
nnf_max_unpool3d = function(input, indices, kernel_size, stride = NULL, padding = 0, output_size = NULL) {
  max_unpool(3L, input, indices, kernel_size, stride, padding, output_size)
}

fractional_max_pool = function(n, input, kernel_size, output_size, output_ratio, return_indices, random_samples) {
  if (is.null(output_size)) {
    if (is.null(output_ratio)) {
      abort("argument", "One of 'output_size' and 'output_ratio' must be given.", list(argument = "output_size"))
    }
    output_size = floor(utils::tail(dim(input), n) * each_dimension(output_ratio, n, "output_ratio"))
  }
  if (is.null(random_samples)) {
    random_samples = torch_rand(dim(input)[1:2], n, dtype = input$dtype, device = input$device)
  }
  values_and_indices = torch_call(sprintf("fractional_max_pool%id", n), input, kernel_size = kernel_size,
    output_size = output_size, random_samples = random_samples)
  if (return_indices) values_and_indices else values_and_indices[[1L]]
}

#' @rdname torch_functional
#' @param random_samples (`torch_tensor` or `NULL`)\cr
#'   Numbers from 0 to 1 that decide where the windows lie: `[batch, channels, dimensions]`.
#' @export
nnf_fractional_max_pool2d = function(input, kernel_size, output_size = NULL, output_ratio = NULL,
  return_indices = FALSE, random_samples = NULL) {
  fractional_max_pool(2L, input, kernel_size, output_size, output_ratio, return_indices, random_samples)
}

#' @rdname torch_functional
#' @export
nnf_fractional_max_pool3d = function(input, kernel_size, output_size = NULL, output_ratio = NULL,
  return_indices = FALSE, random_samples = NULL) {
  fractional_max_pool(3L, input, kernel_size, output_size, output_ratio, return_indices, random_samples)
}
