# Modules that call a function nnf_<name>() with settings. There is no class for each: they are made here, when the
# package is built, from the arguments of the functions.

#' @title Losses and Other Functions as Modules
#'
#' @name functional_modules
#' @description
#' Modules without weights whose `forward` is a function of the same name with `nnf_` at its beginning, such as
#' [nnf_mse_loss()] for `nn_mse_loss()`. They are made with the settings, and called with the tensors: predictions and
#' targets, in the order of the function's arguments. Class numbers count from 1.
#'
#' `nn_bce_loss()` is `nnf_binary_cross_entropy()`, `nn_bce_with_logits_loss()` is
#' `nnf_binary_cross_entropy_with_logits()`. `weight` and `pos_weight` are kept as buffers.
#'
#' Learners take losses of the core, [t_loss()], which are faster; [as_torch_loss()] takes these, too.
#'
#' @eval functional_module_aliases()
#' @return A module, class `nn_module`.
#' @family Module
#' @examples
#' loss = nn_mse_loss(reduction = "sum")
#' loss(torch_tensor(c(1, 2)), torch_tensor(c(1, 4)))
#' loss = nn_cross_entropy_loss(weight = c(1, 2, 1))
#' loss(torch_randn(4, 3), torch_tensor(c(1L, 3L, 2L, 1L)))
NULL

# By module: the function, if it is not the one of the same name, and how many of its arguments are tensors.
functional_modules = list(
  nn_aum_loss = list(2L, "nnf_area_under_min_fpr_fnr"),
  nn_bce_loss = list(2L, "nnf_binary_cross_entropy"),
  nn_bce_with_logits_loss = list(2L, "nnf_binary_cross_entropy_with_logits"),
  nn_contrib_sparsemax = list(1L),
  nn_cosine_embedding_loss = list(3L),
  nn_cross_entropy_loss = list(2L, "nnf_cross_entropy"),
  nn_ctc_loss = list(4L),
  nn_dropout2d = list(1L),
  nn_dropout3d = list(1L),
  nn_fractional_max_pool2d = list(1L),
  nn_fractional_max_pool3d = list(1L),
  nn_hinge_embedding_loss = list(2L),
  nn_kl_div_loss = list(2L, "nnf_kl_div"),
  nn_l1_loss = list(2L),
  nn_lp_pool1d = list(1L, "nnf_lp_pool1d"),
  nn_lp_pool2d = list(1L, "nnf_lp_pool2d"),
  nn_margin_ranking_loss = list(3L),
  nn_max_unpool1d = list(2L),
  nn_max_unpool2d = list(2L),
  nn_max_unpool3d = list(2L),
  nn_mse_loss = list(2L),
  nn_multi_margin_loss = list(2L),
  nn_multilabel_margin_loss = list(2L),
  nn_multilabel_soft_margin_loss = list(2L),
  nn_nll_loss = list(2L),
  nn_pairwise_distance = list(2L),
  nn_poisson_nll_loss = list(2L),
  nn_smooth_l1_loss = list(2L),
  nn_soft_margin_loss = list(2L),
  nn_softmin = list(1L),
  nn_triplet_margin_loss = list(3L),
  nn_triplet_margin_with_distance_loss = list(3L)
)

functional_module = function(name, inputs, fn = sub("^nn_", "nnf_", name)) {
  arguments = formals(get(fn))
  settings = arguments[setdiff(names(arguments)[-seq_len(inputs)], "training")]
  initialize = function() keep_settings(self, environment())
  formals(initialize) = settings
  forward = eval(bquote(function(...) call_functional(.(fn), self, list(...))))
  environment(initialize) = environment(forward) = topenv()
  definition = list(classes = name, levels = list(list(public = list(initialize = initialize, forward = forward))))
  new_module_generator(definition)
}

# A setting that is a tensor is a buffer.
keep_settings = function(self, frame) {
  values = mget(ls(frame), envir = frame)
  iwalk(values, function(value, name) {
    is_weight = name %in% c("weight", "pos_weight") && !is.null(value)
    if (name == "reduction") value = value[[1L]]
    set_module_member(self, name, if (is_weight) nn_buffer(value) else value)
  })
}

call_functional = function(fn, self, tensors) {
  core = module_core(self)
  fn = get(fn, envir = topenv())
  settings = insert_named(mget(core$order, envir = core$members), tensors[names(tensors) %in% core$order])
  tensors = tensors[names2(tensors) %nin% core$order]
  if ("training" %in% names(formals(fn))) settings$training = core$training
  do.call(fn, c(unname(tensors), settings))
}

local({
  env = topenv()
  iwalk(functional_modules, function(entry, name) {
    assign(name, do.call(functional_module, c(list(name), entry)), envir = env)
  })
})

# For roxygen2: the names that R finds help for.
functional_module_aliases = function() paste("@aliases", names(functional_modules))

#' @rdname functional_modules
#' @usage NULL
#' @export
nn_softmax2d = nn_module("nn_softmax2d", forward = function(input) torch_softmax(input, dim = 2))

# With the rows, which the layer leaves alone.
flatten_rows_module = nn_module("nn_flatten",
  initialize = function(start_dim, end_dim = -1) {
    self$start_dim = start_dim
    self$end_dim = assert_int(end_dim)
  },
  forward = function(input) torch_flatten(input, self$start_dim, self$end_dim)
)

#' @rdname functional_modules
#' @usage NULL
#' @export
nn_unflatten = nn_module("nn_unflatten",
  initialize = function(dim, unflattened_size) {
    self$dim = assert_int(dim)
    self$unflattened_size = assert_integerish(unflattened_size, any.missing = FALSE, min.len = 1L)
  },
  forward = function(input) {
    shape = input$shape
    dim = if (self$dim < 0) length(shape) + 1L + self$dim else self$dim
    input$reshape(c(utils::head(shape, dim - 1L), self$unflattened_size, utils::tail(shape, -dim)))
  }
)
