# R torch's functions `nnf_*` that are one of LibTorch's operations under other argument names: a row for each, from
# which the functions are made when the package is built. What needs more than a row is in the other files of this room.

#' @title Functions of Networks
#'
#' @name torch_functional
#' @description
#' What layers and losses compute, as functions of tensors: activations, convolutions, pooling, normalisation, dropout,
#' losses. Names, arguments, their order and defaults are those of the R package torch; the section Functions lists all.
#' As everywhere in this package, dimensions, positions, indices and classes count from 1.
#'
#' @param input,tensor,x1,x2,input1,input2,anchor,positive,negative,query,key,value,logits,grid,theta (`torch_tensor`)\cr
#'   What the function is applied to.
#' @param target (`torch_tensor`)\cr
#'   The truth, in the shape of `input`; classes are whole numbers from 1.
#' @param weight,bias (`torch_tensor`)\cr
#'   Parameters of the layer; for a loss, the weight of each class or element.
#' @param inplace (`logical(1)`)\cr
#'   Whether the result is written into `input`.
#' @param reduction (`character(1)`)\cr
#'   `"mean"`, `"sum"` or `"none"`: what becomes of the losses of single elements.
#'   `nnf_kl_div()` also takes `"batchmean"`, the sum divided by the number of rows.
#' @param dim (`integer(1)`)\cr
#'   The dimension.
#' @param dtype (`torch_dtype` or `NULL`)\cr
#'   The type that the input is converted to before the computation.
#' @param kernel_size,stride,padding,dilation,output_size,output_ratio (`numeric()`)\cr
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
#'   The arguments in the section Functions.
#' @return (`torch_tensor`).
#'
#' @eval functional_aliases()
#' @evalRd functionals_as_rd()
#'
#' @section Errors:
#' Arguments that cannot be: `mlr3libtorch_error_argument`. Shapes that do not fit: `mlr3libtorch_error_tensor`.
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
  nnf_adaptive_avg_pool1d = functional("adaptive_avg_pool1d", function(input, output_size) NULL),
  nnf_adaptive_avg_pool2d = functional("adaptive_avg_pool2d", function(input, output_size) NULL),
  nnf_adaptive_avg_pool3d = functional("adaptive_avg_pool3d", function(input, output_size) NULL),
  nnf_adaptive_max_pool1d = functional("adaptive_max_pool1d", function(input, output_size, return_indices = FALSE) NULL),
  nnf_adaptive_max_pool2d = functional("adaptive_max_pool2d", function(input, output_size, return_indices = FALSE) NULL),
  nnf_adaptive_max_pool3d = functional("adaptive_max_pool3d", function(input, output_size, return_indices = FALSE) NULL),
  nnf_affine_grid = functional("affine_grid_generator", function(theta, size, align_corners = FALSE) NULL),
  nnf_alpha_dropout = functional("alpha_dropout", function(input, p = 0.5, training = FALSE, inplace = FALSE) NULL,
    c(training = "train")),
  nnf_avg_pool1d = functional("avg_pool1d", function(input, kernel_size, stride = NULL, padding = 0, ceil_mode = FALSE,
    count_include_pad = TRUE) NULL),
  nnf_avg_pool2d = functional("avg_pool2d", function(input, kernel_size, stride = NULL, padding = 0, ceil_mode = FALSE,
    count_include_pad = TRUE, divisor_override = NULL) NULL),
  nnf_avg_pool3d = functional("avg_pool3d", function(input, kernel_size, stride = NULL, padding = 0, ceil_mode = FALSE,
    count_include_pad = TRUE, divisor_override = NULL) NULL),
  nnf_batch_norm = functional("batch_norm", function(input, running_mean, running_var, weight = NULL, bias = NULL,
    training = FALSE, momentum = 0.1, eps = 1e-5) NULL, constant = list(cudnn_enabled = TRUE)),
  nnf_bilinear = functional("bilinear", function(input1, input2, weight, bias = NULL) NULL),
  nnf_binary_cross_entropy = functional("binary_cross_entropy", function(input, target, weight = NULL,
    reduction = c("mean", "sum", "none")) NULL),
  nnf_binary_cross_entropy_with_logits = functional("binary_cross_entropy_with_logits", function(input, target,
    weight = NULL, reduction = c("mean", "sum", "none"), pos_weight = NULL) NULL),
  nnf_celu = functional("celu", function(input, alpha = 1, inplace = FALSE) NULL),
  nnf_celu_ = functional("celu_", function(input, alpha = 1) NULL),
  nnf_conv1d = functional("conv1d", function(input, weight, bias = NULL, stride = 1, padding = 0, dilation = 1,
    groups = 1) NULL),
  nnf_conv2d = functional("conv2d", function(input, weight, bias = NULL, stride = 1, padding = 0, dilation = 1,
    groups = 1) NULL),
  nnf_conv3d = functional("conv3d", function(input, weight, bias = NULL, stride = 1, padding = 0, dilation = 1,
    groups = 1) NULL),
  nnf_conv_tbc = functional("conv_tbc", function(input, weight, bias, pad = 0) NULL),
  nnf_conv_transpose1d = functional("conv_transpose1d", function(input, weight, bias = NULL, stride = 1, padding = 0,
    output_padding = 0, groups = 1, dilation = 1) NULL),
  nnf_conv_transpose2d = functional("conv_transpose2d", function(input, weight, bias = NULL, stride = 1, padding = 0,
    output_padding = 0, groups = 1, dilation = 1) NULL),
  nnf_conv_transpose3d = functional("conv_transpose3d", function(input, weight, bias = NULL, stride = 1, padding = 0,
    output_padding = 0, groups = 1, dilation = 1) NULL),
  nnf_cosine_embedding_loss = functional("cosine_embedding_loss", function(input1, input2, target, margin = 0,
    reduction = c("mean", "sum", "none")) NULL),
  nnf_cosine_similarity = functional("cosine_similarity", function(x1, x2, dim = 2, eps = 1e-8) NULL),
  nnf_cross_entropy = functional("cross_entropy_loss", function(input, target, weight = NULL, ignore_index = -100,
    reduction = c("mean", "sum", "none")) NULL),
  nnf_dropout = functional("dropout", function(input, p = 0.5, training = TRUE, inplace = FALSE) NULL,
    c(training = "train")),
  nnf_dropout2d = functional("feature_dropout", function(input, p = 0.5, training = TRUE, inplace = FALSE) NULL,
    c(training = "train")),
  nnf_dropout3d = functional("feature_dropout", function(input, p = 0.5, training = TRUE, inplace = FALSE) NULL,
    c(training = "train")),
  nnf_elu = functional("elu", function(input, alpha = 1, inplace = FALSE) NULL),
  nnf_elu_ = functional("elu_", function(input, alpha = 1) NULL),
  nnf_fold = functional("col2im", function(input, output_size, kernel_size, dilation = 1, padding = 0, stride = 1) NULL),
  nnf_gelu = functional("gelu", function(input, approximate = "none") NULL),
  nnf_glu = functional("glu", function(input, dim = -1) NULL),
  nnf_group_norm = functional("group_norm", function(input, num_groups, weight = NULL, bias = NULL, eps = 1e-5) NULL),
  nnf_hardshrink = functional("hardshrink", function(input, lambd = 0.5) NULL),
  nnf_hardsigmoid = functional("hardsigmoid", function(input, inplace = FALSE) NULL),
  nnf_hardswish = functional("hardswish", function(input, inplace = FALSE) NULL),
  nnf_hardtanh = functional("hardtanh", function(input, min_val = -1, max_val = 1, inplace = FALSE) NULL),
  nnf_hardtanh_ = functional("hardtanh_", function(input, min_val = -1, max_val = 1) NULL),
  nnf_hinge_embedding_loss = functional("hinge_embedding_loss", function(input, target, margin = 1,
    reduction = "mean") NULL),
  nnf_instance_norm = functional("instance_norm", function(input, running_mean = NULL, running_var = NULL,
    weight = NULL, bias = NULL, use_input_stats = TRUE, momentum = 0.1, eps = 1e-5) NULL,
    constant = list(cudnn_enabled = TRUE)),
  nnf_layer_norm = functional("layer_norm", function(input, normalized_shape, weight = NULL, bias = NULL,
    eps = 1e-5) NULL),
  nnf_leaky_relu = functional("leaky_relu", function(input, negative_slope = 0.01, inplace = FALSE) NULL),
  nnf_linear = functional("linear", function(input, weight, bias = NULL) NULL),
  nnf_log_softmax = functional("log_softmax", function(input, dim = NULL, dtype = NULL) NULL),
  nnf_logsigmoid = functional("log_sigmoid", function(input) NULL),
  nnf_margin_ranking_loss = functional("margin_ranking_loss", function(input1, input2, target, margin = 0,
    reduction = "mean") NULL),
  nnf_max_pool1d = functional("max_pool1d_with_indices", function(input, kernel_size, stride = NULL, padding = 0,
    dilation = 1, ceil_mode = FALSE, return_indices = FALSE) NULL),
  nnf_max_pool2d = functional("max_pool2d_with_indices", function(input, kernel_size, stride = NULL, padding = 0,
    dilation = 1, ceil_mode = FALSE, return_indices = FALSE) NULL),
  nnf_max_pool3d = functional("max_pool3d_with_indices", function(input, kernel_size, stride = NULL, padding = 0,
    dilation = 1, ceil_mode = FALSE, return_indices = FALSE) NULL),
  nnf_multi_margin_loss = functional("multi_margin_loss", function(input, target, p = 1, margin = 1, weight = NULL,
    reduction = "mean") NULL),
  nnf_multilabel_margin_loss = functional("multilabel_margin_loss", function(input, target, reduction = "mean") NULL),
  nnf_nll_loss = functional("nll_loss_nd", function(input, target, weight = NULL, ignore_index = -100,
    reduction = "mean") NULL),
  nnf_one_hot = functional("one_hot", function(tensor, num_classes = -1) NULL),
  nnf_pad = functional("pad", function(input, pad, mode = "constant", value = 0) NULL),
  nnf_pairwise_distance = functional("pairwise_distance", function(x1, x2, p = 2, eps = 1e-6, keepdim = FALSE) NULL),
  nnf_pdist = functional("pdist", function(input, p = 2) NULL),
  nnf_pixel_shuffle = functional("pixel_shuffle", function(input, upscale_factor) NULL),
  nnf_poisson_nll_loss = functional("poisson_nll_loss", function(input, target, log_input = TRUE, full = FALSE,
    eps = 1e-8, reduction = "mean") NULL),
  nnf_prelu = functional("prelu", function(input, weight) NULL),
  nnf_relu = functional("relu", function(input, inplace = FALSE) NULL),
  nnf_relu_ = functional("relu_", function(input) NULL),
  nnf_relu6 = functional("relu6", function(input, inplace = FALSE) NULL),
  nnf_rrelu = functional("rrelu", function(input, lower = 1 / 8, upper = 1 / 3, training = FALSE,
    inplace = FALSE) NULL),
  nnf_rrelu_ = functional("rrelu_", function(input, lower = 1 / 8, upper = 1 / 3, training = FALSE) NULL),
  nnf_selu = functional("selu", function(input, inplace = FALSE) NULL),
  nnf_selu_ = functional("selu_", function(input) NULL),
  nnf_sigmoid = functional("sigmoid", function(input) NULL),
  nnf_silu = functional("silu", function(input, inplace = FALSE) NULL),
  nnf_soft_margin_loss = functional("soft_margin_loss", function(input, target, reduction = "mean") NULL),
  nnf_softmax = functional("softmax", function(input, dim, dtype = NULL) NULL),
  nnf_softplus = functional("softplus", function(input, beta = 1, threshold = 20) NULL),
  nnf_softshrink = functional("softshrink", function(input, lambd = 0.5) NULL),
  nnf_threshold = functional("threshold", function(input, threshold, value, inplace = FALSE) NULL),
  nnf_threshold_ = functional("threshold_", function(input, threshold, value) NULL),
  nnf_triplet_margin_loss = functional("triplet_margin_loss", function(anchor, positive, negative, margin = 1, p = 2,
    eps = 1e-6, swap = FALSE, reduction = "mean") NULL),
  nnf_unfold = functional("im2col", function(input, kernel_size, dilation = 1, padding = 0, stride = 1) NULL)
)

# The call of the operation that a row stands for.
functional_body = function(row) {
  given = setdiff(names(row$signature), c("inplace", "return_indices"))
  values = set_names(map(given, as.name), given)
  values = replace(values, intersect(given, "reduction"), list(quote(reduction_number(reduction))))
  values = replace(values, intersect(given, "stride"), list(quote(stride %??% integer())))
  renamed = given %in% names(row$renamed)
  given[renamed] = row$renamed[given[renamed]]
  arguments = as.call(c(quote(list), set_names(values, c("", given[-1L])), row$constant))
  operation = row$operation
  if ("inplace" %in% names(row$signature)) {
    operation = bquote(if (inplace) .(paste0(operation, "_")) else .(operation))
  }
  body = bquote(.Call(`_mlr3libtorch_core_tensor_call`, .(operation), NULL, .(arguments)))
  if ("return_indices" %nin% names(row$signature)) {
    return(body)
  }
  bquote({
    values_and_indices = .(body)
    if (return_indices) values_and_indices else values_and_indices[[1L]]
  })
}

make_functionals = function(env) {
  for (name in names(functional_rows)) {
    row = functional_rows[[name]]
    assign(name, as.function(c(row$signature, functional_body(row)), envir = env), envir = env)
  }
}

# A function of R torch that names its reduction `c("mean", "sum", "none")` means the first.
reduction_number = function(reduction, known = names(reduction_numbers)) {
  if (test_int(reduction, lower = 0, upper = 2)) {
    return(reduction)
  }
  number = if (is.character(reduction)) reduction_numbers[reduction[[1L]]]
  if (length(number) != 1L || is.na(number)) {
    given = if (test_string(reduction)) reduction else as_short_string(reduction)
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
  str_collapse(c("\\section{Functions}{\\itemize{", items, "}}"), sep = "\n")
}

make_functionals(environment())
