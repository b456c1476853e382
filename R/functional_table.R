# R torch's functions `nnf_*` that are one of LibTorch's operations under other argument names: a row for each, from
# which the functions are made when the package is built. What needs more than a row is in the other files of this room.

#' @title Functions of Networks
#'
#' @name torch_functional
#' @description
#' What layers and losses compute, as functions of tensors: activations, convolutions, pooling, normalisation, dropout,
#' losses. Names, arguments, their order and defaults are those of the R package torch.
#' As everywhere in this package, dimensions, positions, indices and classes count from 1.
#'
#' @param input,logits,anchor,positive,negative,query,key,value,grid (`torch_tensor`)\cr
#'   What the function is applied to.
#' @param target (`torch_tensor`)\cr
#'   The truth, in the shape of `input`; classes are whole numbers from 1.
#' @param weight (`torch_tensor`)\cr
#'   Parameters of the layer; for a loss, the weight of each class or element.
#' @param reduction (`character(1)`)\cr
#'   `"mean"`, `"sum"` or `"none"`: what becomes of the losses of single elements.
#'   `nnf_kl_div()` also takes `"batchmean"`, the sum divided by the number of rows.
#' @param dim (`integer(1)`)\cr
#'   The dimension.
#' @param dtype (`torch_dtype` or `NULL`)\cr
#'   The type that the input is converted to before the computation.
#' @param kernel_size,stride,padding,output_size,output_ratio (`numeric()`)\cr
#'   A number for all dimensions, or one for each. `stride = NULL` stands for `kernel_size`.
#' @param ceil_mode (`logical(1)`)\cr
#'   Whether sizes are rounded up.
#' @param return_indices (`logical(1)`)\cr
#'   Whether the positions of the maxima are returned, too: `list(values, indices)`.
#' @param indices (`torch_tensor`)\cr
#'   The positions that pooling returned.
#' @param training (`logical(1)`)\cr
#'   Whether to behave as in training.
#' @param p (`numeric(1)`)\cr
#'   The power of a norm; a probability.
#' @param eps (`numeric(1)`)\cr
#'   Keeps divisors away from zero.
#' @param ... (any)\cr
#'   Refused: an argument with another name is an error, which tells the nearest one.
#' @return (`torch_tensor`).
#'
#' @eval functional_aliases()
#' @evalRd functionals_as_rd()
#'
#' @section Errors:
#' Arguments that cannot be: `mlr3libtorch_error_argument`. Shapes that do not fit: `mlr3libtorch_error_tensor`.
#' @family Module
#' @examples
#' x = torch_randn(4, 3)
#' nnf_softmax(x, dim = 2)
#' nnf_cross_entropy(x, torch_tensor(c(1L, 3L, 2L, 2L)))
#' args(nnf_conv2d)
#' @rawNamespace exportPattern("^nnf_")
NULL

# A row: the operation, and what R torch's function looks like. The first argument goes to the operation's first, the
# others by their names, unless `renamed` says how the operation calls them; `constant`: what the operation needs
# besides. Three names mean the same everywhere: `inplace` chooses the operation that ends in `_`, `return_indices`
# drops the second result, `reduction` is a word for the operation's number.
functional = function(operation, signature, renamed = character(), constant = list()) {
  list(operation = operation, signature = formals(signature), renamed = renamed, constant = constant)
}

functional_rows = list(
  nnf_adaptive_avg_pool1d = functional("adaptive_avg_pool1d", function(input, output_size) {}),
  nnf_adaptive_avg_pool2d = functional("adaptive_avg_pool2d", function(input, output_size) {}),
  nnf_adaptive_avg_pool3d = functional("adaptive_avg_pool3d", function(input, output_size) {}),
  nnf_adaptive_max_pool1d = functional("adaptive_max_pool1d", function(input, output_size, return_indices = FALSE) {}),
  nnf_adaptive_max_pool2d = functional("adaptive_max_pool2d", function(input, output_size, return_indices = FALSE) {}),
  nnf_adaptive_max_pool3d = functional("adaptive_max_pool3d", function(input, output_size, return_indices = FALSE) {}),
  nnf_affine_grid = functional("affine_grid_generator", function(theta, size, align_corners = FALSE) {}),
  nnf_alpha_dropout = functional("alpha_dropout", function(input, p = 0.5, training = FALSE, inplace = FALSE) {},
    c(training = "train")),
  nnf_avg_pool1d = functional("avg_pool1d", function(input, kernel_size, stride = NULL, padding = 0, ceil_mode = FALSE,
    count_include_pad = TRUE) {}),
  nnf_avg_pool2d = functional("avg_pool2d", function(input, kernel_size, stride = NULL, padding = 0, ceil_mode = FALSE,
    count_include_pad = TRUE, divisor_override = NULL) {}),
  nnf_avg_pool3d = functional("avg_pool3d", function(input, kernel_size, stride = NULL, padding = 0, ceil_mode = FALSE,
    count_include_pad = TRUE, divisor_override = NULL) {}),
  nnf_batch_norm = functional("batch_norm", function(input, running_mean, running_var, weight = NULL, bias = NULL,
    training = FALSE, momentum = 0.1, eps = 1e-5) {}, constant = list(cudnn_enabled = TRUE)),
  nnf_bilinear = functional("bilinear", function(input1, input2, weight, bias = NULL) {}),
  nnf_binary_cross_entropy = functional("binary_cross_entropy", function(input, target, weight = NULL,
    reduction = c("mean", "sum", "none")) {}),
  nnf_binary_cross_entropy_with_logits = functional("binary_cross_entropy_with_logits", function(input, target,
    weight = NULL, reduction = c("mean", "sum", "none"), pos_weight = NULL) {}),
  nnf_celu = functional("celu", function(input, alpha = 1, inplace = FALSE) {}),
  nnf_celu_ = functional("celu_", function(input, alpha = 1) {}),
  nnf_conv1d = functional("conv1d", function(input, weight, bias = NULL, stride = 1, padding = 0, dilation = 1,
    groups = 1) {}),
  nnf_conv2d = functional("conv2d", function(input, weight, bias = NULL, stride = 1, padding = 0, dilation = 1,
    groups = 1) {}),
  nnf_conv3d = functional("conv3d", function(input, weight, bias = NULL, stride = 1, padding = 0, dilation = 1,
    groups = 1) {}),
  nnf_conv_tbc = functional("conv_tbc", function(input, weight, bias, pad = 0) {}),
  nnf_conv_transpose1d = functional("conv_transpose1d", function(input, weight, bias = NULL, stride = 1, padding = 0,
    output_padding = 0, groups = 1, dilation = 1) {}),
  nnf_conv_transpose2d = functional("conv_transpose2d", function(input, weight, bias = NULL, stride = 1, padding = 0,
    output_padding = 0, groups = 1, dilation = 1) {}),
  nnf_conv_transpose3d = functional("conv_transpose3d", function(input, weight, bias = NULL, stride = 1, padding = 0,
    output_padding = 0, groups = 1, dilation = 1) {}),
  nnf_cosine_embedding_loss = functional("cosine_embedding_loss", function(input1, input2, target, margin = 0,
    reduction = c("mean", "sum", "none")) {}),
  nnf_cosine_similarity = functional("cosine_similarity", function(x1, x2, dim = 2, eps = 1e-8) {}),
  nnf_cross_entropy = functional("cross_entropy_loss", function(input, target, weight = NULL, ignore_index = -100,
    reduction = c("mean", "sum", "none")) {}),
  nnf_dropout = functional("dropout", function(input, p = 0.5, training = TRUE, inplace = FALSE) {},
    c(training = "train")),
  nnf_dropout2d = functional("feature_dropout", function(input, p = 0.5, training = TRUE, inplace = FALSE) {},
    c(training = "train")),
  nnf_dropout3d = functional("feature_dropout", function(input, p = 0.5, training = TRUE, inplace = FALSE) {},
    c(training = "train")),
  nnf_elu = functional("elu", function(input, alpha = 1, inplace = FALSE) {}),
  nnf_elu_ = functional("elu_", function(input, alpha = 1) {}),
  nnf_fold = functional("col2im", function(input, output_size, kernel_size, dilation = 1, padding = 0, stride = 1) {}),
  nnf_gelu = functional("gelu", function(input, approximate = "none") {}),
  nnf_glu = functional("glu", function(input, dim = -1) {}),
  nnf_group_norm = functional("group_norm", function(input, num_groups, weight = NULL, bias = NULL, eps = 1e-5) {}),
  nnf_hardshrink = functional("hardshrink", function(input, lambd = 0.5) {}),
  nnf_hardsigmoid = functional("hardsigmoid", function(input, inplace = FALSE) {}),
  nnf_hardswish = functional("hardswish", function(input, inplace = FALSE) {}),
  nnf_hardtanh = functional("hardtanh", function(input, min_val = -1, max_val = 1, inplace = FALSE) {}),
  nnf_hardtanh_ = functional("hardtanh_", function(input, min_val = -1, max_val = 1) {}),
  nnf_hinge_embedding_loss = functional("hinge_embedding_loss", function(input, target, margin = 1,
    reduction = "mean") {}),
  nnf_instance_norm = functional("instance_norm", function(input, running_mean = NULL, running_var = NULL,
    weight = NULL, bias = NULL, use_input_stats = TRUE, momentum = 0.1, eps = 1e-5) {},
    constant = list(cudnn_enabled = TRUE)),
  nnf_layer_norm = functional("layer_norm", function(input, normalized_shape, weight = NULL, bias = NULL,
    eps = 1e-5) {}),
  nnf_leaky_relu = functional("leaky_relu", function(input, negative_slope = 0.01, inplace = FALSE) {}),
  nnf_linear = functional("linear", function(input, weight, bias = NULL) {}),
  nnf_log_softmax = functional("log_softmax", function(input, dim = NULL, dtype = NULL) {}),
  nnf_logsigmoid = functional("log_sigmoid", function(input) {}),
  nnf_margin_ranking_loss = functional("margin_ranking_loss", function(input1, input2, target, margin = 0,
    reduction = "mean") {}),
  nnf_max_pool1d = functional("max_pool1d_with_indices", function(input, kernel_size, stride = NULL, padding = 0,
    dilation = 1, ceil_mode = FALSE, return_indices = FALSE) {}),
  nnf_max_pool2d = functional("max_pool2d_with_indices", function(input, kernel_size, stride = NULL, padding = 0,
    dilation = 1, ceil_mode = FALSE, return_indices = FALSE) {}),
  nnf_max_pool3d = functional("max_pool3d_with_indices", function(input, kernel_size, stride = NULL, padding = 0,
    dilation = 1, ceil_mode = FALSE, return_indices = FALSE) {}),
  nnf_multi_margin_loss = functional("multi_margin_loss", function(input, target, p = 1, margin = 1, weight = NULL,
    reduction = "mean") {}),
  nnf_multilabel_margin_loss = functional("multilabel_margin_loss", function(input, target, reduction = "mean") {}),
  nnf_nll_loss = functional("nll_loss_nd", function(input, target, weight = NULL, ignore_index = -100,
    reduction = "mean") {}),
  nnf_one_hot = functional("one_hot", function(tensor, num_classes = -1) {}),
  nnf_pad = functional("pad", function(input, pad, mode = "constant", value = 0) {}),
  nnf_pairwise_distance = functional("pairwise_distance", function(x1, x2, p = 2, eps = 1e-6, keepdim = FALSE) {}),
  nnf_pdist = functional("pdist", function(input, p = 2) {}),
  nnf_pixel_shuffle = functional("pixel_shuffle", function(input, upscale_factor) {}),
  nnf_poisson_nll_loss = functional("poisson_nll_loss", function(input, target, log_input = TRUE, full = FALSE,
    eps = 1e-8, reduction = "mean") {}),
  nnf_prelu = functional("prelu", function(input, weight) {}),
  nnf_relu = functional("relu", function(input, inplace = FALSE) {}),
  nnf_relu_ = functional("relu_", function(input) {}),
  nnf_relu6 = functional("relu6", function(input, inplace = FALSE) {}),
  nnf_rrelu = functional("rrelu", function(input, lower = 1 / 8, upper = 1 / 3, training = FALSE,
    inplace = FALSE) {}),
  nnf_rrelu_ = functional("rrelu_", function(input, lower = 1 / 8, upper = 1 / 3, training = FALSE) {}),
  nnf_selu = functional("selu", function(input, inplace = FALSE) {}),
  nnf_selu_ = functional("selu_", function(input) {}),
  nnf_sigmoid = functional("sigmoid", function(input) {}),
  nnf_silu = functional("silu", function(input, inplace = FALSE) {}),
  nnf_soft_margin_loss = functional("soft_margin_loss", function(input, target, reduction = "mean") {}),
  nnf_softmax = functional("softmax", function(input, dim, dtype = NULL) {}),
  nnf_softplus = functional("softplus", function(input, beta = 1, threshold = 20) {}),
  nnf_softshrink = functional("softshrink", function(input, lambd = 0.5) {}),
  nnf_threshold = functional("threshold", function(input, threshold, value, inplace = FALSE) {}),
  nnf_threshold_ = functional("threshold_", function(input, threshold, value) {}),
  nnf_triplet_margin_loss = functional("triplet_margin_loss", function(anchor, positive, negative, margin = 1, p = 2,
    eps = 1e-6, swap = FALSE, reduction = "mean") {}),
  nnf_unfold = functional("im2col", function(input, kernel_size, dilation = 1, padding = 0, stride = 1) {})
)

# The call of the operation that a row stands for.
functional_body = function(row, name) {
  given = setdiff(names(row$signature), c("inplace", "return_indices"))
  values = set_names(map(given, as.name), given)
  values = replace(values, intersect(given, "reduction"), list(quote(reduction_number(reduction))))
  values = replace(values, intersect(given, "stride"), list(quote(stride %??% integer())))
  renamed = given %in% names(row$renamed)
  given[renamed] = row$renamed[given[renamed]]
  arguments = as.call(c(quote(list), set_names(values, c("", given[-1L])), row$constant))
  operation = row$operation
  if ("inplace" %in% names(row$signature)) {
    operation = bquote(if (flag_of(inplace, "inplace", .(name))) .(paste0(operation, "_")) else .(operation))
  }
  body = bquote(.Call(`_mlr3libtorch_core_tensor_call`, .(operation), NULL, .(arguments)))
  if ("return_indices" %nin% names(row$signature)) {
    return(body)
  }
  bquote({
    values_and_indices = .(body)
    if (flag_of(return_indices, "return_indices", .(name))) values_and_indices else values_and_indices[[1L]]
  })
}

make_functionals = function(env) {
  for (name in names(functional_rows)) {
    row = functional_rows[[name]]
    body = bquote({
      if (.(any_missing(row$signature))) abort_missing_argument(.(name), environment())
      .(functional_body(row, name))
    })
    assign(name, as.function(c(row$signature, body), envir = env), envir = env)
  }
}

# `missing(input) || missing(target)`, for arguments without a default.
any_missing = function(signature) {
  required = names(keep(as.list(signature), is.name))
  Reduce(function(left, right) call("||", left, right), map(required, function(name) call("missing", as.name(name))))
}

abort_missing_argument = function(name, frame) {
  arguments = setdiff(names(formals(name)), "...")
  absent = keep(arguments, function(argument) eval(call("missing", as.name(argument)), frame))
  required = keep(absent, function(argument) is.name(formals(name)[[argument]]))
  abort("argument", sprintf("%s(): the argument '%s' is missing.", name, required[[1L]]),
    list(argument = required[[1L]]))
}

flag_of = function(x, argument, name) {
  if (!is.logical(x) || length(x) != 1L || is.na(x)) {
    abort("argument", sprintf("%s(): '%s' must be TRUE or FALSE, not %s.", name, argument, as_short_string(x)),
      list(argument = argument))
  }
  x
}

# A function of R torch that names its reduction `c("mean", "sum", "none")` means the first.
reduction_number = function(reduction, known = names(reduction_numbers)) {
  if (test_int(reduction, lower = 0, upper = 2)) {
    return(reduction)
  }
  number = if (is.character(reduction)) reduction_numbers[reduction[1L]]
  if (length(number) != 1L || is.na(number)) {
    given = if (test_string(reduction)) as.character(reduction) else as_short_string(reduction)
    abort_unknown("argument", sprintf("There is no reduction '%s'.", given), given, known,
      fields = list(argument = "reduction"))
  }
  number[[1L]]
}

# LibTorch's numbers for reductions.
reduction_numbers = c(none = 0L, mean = 1L, sum = 2L)

# What stands in "Usage" for functions that are written out.
signature_text = function(name, signature) {
  arguments = imap_chr(as.list(signature), function(default, argument) {
    text = str_collapse(deparse(default, width.cutoff = 500L), sep = " ")
    if (nzchar(text)) sprintf("%s = %s", argument, text) else argument
  })
  sprintf("%s(%s)", name, toString(arguments))
}

# For roxygen2.
functional_aliases = function() paste("@aliases", str_collapse(names(functional_rows), sep = " "))

functionals_as_rd = function() {
  texts = imap_chr(functional_rows, function(row, name) signature_text(name, row$signature))
  items = sprintf("\\item \\code{%s}", gsub("%", "\\%", texts, fixed = TRUE))
  words = "These are one operation each. \\code{inplace}: whether the result is written into \\code{input}, too."
  str_collapse(c("\\section{Functions}{", words, "\\itemize{", items, "}}"), sep = "\n")
}

make_functionals(environment())
