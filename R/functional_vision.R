# Images: resampling, and normalising over channels.

# By mode: the operation for one, two and three dimensions besides batch and channel.
interpolations = list(
  nearest = c("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d"),
  linear = c("upsample_linear1d", NA, NA),
  bilinear = c(NA, "upsample_bilinear2d", NA),
  bicubic = c(NA, "upsample_bicubic2d", NA),
  trilinear = c(NA, NA, "upsample_trilinear3d"),
  area = c("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d")
)

interpolation = function(mode, n) {
  if (!test_choice(mode, names(interpolations))) {
    given = if (test_string(mode)) mode else as_short_string(mode)
    abort_unknown("argument", sprintf("There is no mode '%s'.", given), given, names(interpolations),
      fields = list(argument = "mode"))
  }
  operation = if (n %in% 1:3) interpolations[[mode]][[n]] else NA
  if (is.na(operation)) {
    fitting = which(!is.na(interpolations[[mode]])) + 2L
    abort("shape", sprintf("The mode '%s' needs an input of %s dimensions, not %i.", mode,
      str_collapse(fitting, sep = " or "), n + 2L))
  }
  operation
}

#' @rdname torch_functional
#' @param size (`integer()`)\cr
#'   The size of the result; for `nnf_local_response_norm()`, the number of neighbouring channels.
#' @param scale_factor (`numeric()`)\cr
#'   What the input's size is multiplied by, instead of `size`.
#' @param mode (`character(1)`)\cr
#'   How values are found: for `nnf_interpolate()`, `"nearest"`, `"linear"`, `"bilinear"`, `"bicubic"`, `"trilinear"`
#'   or `"area"`; for `nnf_grid_sample()`, `"bilinear"`, `"nearest"` or `"bicubic"`; for `nnf_embedding_bag()`, `"sum"`,
#'   `"mean"` or `"max"`.
#' @param align_corners (`logical(1)`)\cr
#'   Whether the outermost points are the centres of pixels, not their borders.
#' @param recompute_scale_factor (`logical(1)` or `NULL`)\cr
#'   Whether the factor that is used follows from the rounded size.
#' @export
nnf_interpolate = function(input, size = NULL, scale_factor = NULL, mode = "nearest", align_corners = FALSE,
  recompute_scale_factor = NULL) {
  n = length(dim(input)) - 2L
  operation = interpolation(mode, n)
  if (is.null(size) == is.null(scale_factor)) {
    abort("argument", "Exactly one of 'size' and 'scale_factor' must be given.", list(argument = "size"))
  }
  if (!is.null(size)) size = each_dimension(size, n, "size")
  if (!is.null(scale_factor)) scale_factor = each_dimension(scale_factor, n, "scale_factor")
  if (is.null(size) && (mode == "area" || isTRUE(recompute_scale_factor))) {
    size = floor(utils::tail(dim(input), n) * scale_factor)
    scale_factor = NULL
  }
  switch(mode,
    area = torch_call(operation, input, size),
    nearest = torch_call(operation, input = input, output_size = size, scale_factors = scale_factor),
    torch_call(operation, input = input, output_size = size, align_corners = align_corners %??% FALSE,
      scale_factors = scale_factor)
  )
}

# The number of a word among `known`; of several words, as in a default, the first is meant.
number_of_word = function(word, known, name) {
  number = if (is.character(word)) match(word[[1L]], known)
  if (length(number) != 1L || is.na(number)) {
    given = if (test_string(word)) word else as_short_string(word)
    abort_unknown("argument", sprintf("'%s' cannot be '%s'.", name, given), given, known,
      fields = list(argument = name))
  }
  number - 1L
}

#' @rdname torch_functional
#' @param padding_mode (`character(1)`)\cr
#'   What lies outside of the input.
#' @export
nnf_grid_sample = function(input, grid, mode = c("bilinear", "nearest"),
  padding_mode = c("zeros", "border", "reflection"), align_corners = FALSE) {
  torch_call("grid_sampler", input, grid,
    interpolation_mode = number_of_word(mode, c("bilinear", "nearest", "bicubic"), "mode"),
    padding_mode = number_of_word(padding_mode, c("zeros", "border", "reflection"), "padding_mode"),
    align_corners = align_corners)
}

#' @rdname torch_functional
#' @param out (`torch_tensor` or `NULL`)\cr
#'   Where the result is written.
#' @export
nnf_normalize = function(input, p = 2, dim = 2, eps = 1e-12, out = NULL) {
  lengths = input$norm(p, dim, keepdim = TRUE)$clamp_min(eps)
  if (is.null(out)) input / lengths else with_no_grad(out$resize_(dim(input))$copy_(input / lengths))
}

#' @rdname torch_functional
#' @param alpha,beta,k (`numeric(1)`)\cr
#'   The divisor is the mean of squares times `alpha`, plus `k`, to the power `beta`.
#' @export
nnf_local_response_norm = function(input, size, alpha = 1e-4, beta = 0.75, k = 1) {
  shape = dim(input)
  if (length(shape) < 3L) {
    abort("shape", sprintf("nnf_local_response_norm() needs an input of at least 3 dimensions, not %i.",
      length(shape)))
  }
  # Channels become the rows of an image, over which a window of `size` rows is moved.
  squares = (input * input)$reshape(c(shape[[1L]], 1L, shape[[2L]], prod(shape[-(1:2)])))
  padded = nnf_pad(squares, c(0, 0, size %/% 2, (size - 1) %/% 2))
  averages = nnf_avg_pool2d(padded, c(size, 1), stride = 1)$reshape(shape)
  input / (averages * alpha + k)$pow(beta)
}
