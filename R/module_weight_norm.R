# Weights that are computed from others before each call. `core$weight_norms`: by the name of such a weight, the
# dimensions over which norms are taken; the weight itself is a plain member then, and not listed among parameters.

#' @title Weight Normalisation
#'
#' @description
#' Splits a weight of a module into its length and its direction: instead of `weight`, the module has the parameters
#' `weight_g`, lengths, and `weight_v`, and `weight` is `g * v / |v|`, computed anew in each call.
#' `nn_utils_weight_norm$new(name, dim)` says which weight and how; its methods do it to modules, which they change.
#'
#' In a learner, too, `weight_g` and `weight_v` are what is trained. The module is a node that R computes, so it is
#' trained by autograd and not by the compiled step; see [nn_module()]. `$remove(learner$network$<node>)` is not
#' possible, but a deep clone of the node can be changed.
#'
#' @references
#' Salimans and Kingma (2016), arXiv:1602.07868.
#' @family Module
#' @export
#' @examples
#' layer = nn_linear(4, 3)
#' norm = nn_utils_weight_norm$new("weight", dim = 1)
#' norm$apply(layer)
#' names(layer$parameters)
#' layer$weight_g$shape
#' layer(torch_randn(2, 4))
#'
#' norm$remove(layer)
#' names(layer$parameters)
nn_utils_weight_norm = R6Class("nn_utils_weight_norm",
  public = list(
    #' @field name (`character(1)`)\cr
    #'   The parameter.
    name = NULL,
    #' @field dim (`integer(1)` or `NULL`)\cr
    #'   The dimension that keeps lengths of its own.
    dim = NULL,

    #' @description Creates an object of this class.
    #' @param name (`character(1)`)\cr
    #'   The parameter.
    #' @param dim (`integer(1)` or `NULL`)\cr
    #'   The dimension that keeps lengths of its own. The first is that of the outputs for most layers, so each output
    #'   has one. With `NULL`, the whole weight has one length.
    initialize = function(name = "weight", dim = 1L) {
      self$name = assert_string(name, min.chars = 1L)
      self$dim = assert_int(dim, null.ok = TRUE)
    },

    #' @description Changes a module.
    #' @param module (`nn_module`)\cr
    #'   A module.
    #' @param name,dim
    #'   Instead of the object's own.
    apply = function(module, name = self$name, dim = self$dim) {
      assert_normed_module(module)
      split_weight(module, name, norm_dims(module, name, dim))
      invisible(module)
    },

    #' @description Makes the weight a parameter again.
    #' @param module (`nn_module`)\cr
    #'   A module.
    #' @param name
    #'   Instead of the object's own.
    remove = function(module, name = self$name) {
      assert_weight_norm(module, name)
      join_weight(module, name)
      invisible(module)
    },

    #' @description Computes the weight now; a call of the module does that by itself.
    #' @param module (`nn_module`)\cr
    #'   A module.
    recompute = function(module) {
      assert_weight_norm(module, self$name)
      compute_weights(module)
      invisible(module)
    },

    #' @description The same as `$recompute()`.
    #' @param module (`nn_module`)\cr
    #'   A module.
    call = function(module) self$recompute(module),

    #' @description The weight as it follows from the two parameters.
    #' @param module (`nn_module`)\cr
    #'   A module.
    #' @param name
    #'   Instead of the object's own.
    compute_weight = function(module, name = self$name) {
      assert_weight_norm(module, name)
      normed_weight(module, name)
    }
  )
)

assert_normed_module = function(module) {
  if (!is_nn_module(module)) {
    abort("argument", sprintf("nn_utils_weight_norm: 'module' must be a module, not %s.", as_short_string(module)))
  }
  if (inherits(module, "torch_network") || !is.null(module_core(module)$network)) {
    abort("config", paste("nn_utils_weight_norm: the parts of a live network keep their weights;",
      "change a copy, `$clone(deep = TRUE)`, or the module before a learner gets it."))
  }
}

# Over which dimensions norms are taken: all others than `dim`.
norm_dims = function(module, name, dim) {
  if (name %in% names(module_core(module)$weight_norms)) {
    abort("config", sprintf("nn_utils_weight_norm: the weight '%s' of the module %s is normalised already; %s.", name,
      module_label(module), "`$remove(module)` undoes that"))
  }
  parameters = own_weights(module, "nn_parameter")
  if (name %nin% names(parameters)) {
    if (!is.null(module_core(module)$layer) && !length(parameters)) {
      abort("config", sprintf("nn_utils_weight_norm: the layer %s has no weights yet; %s.", module_label(module),
        "call it once, or make it with the number of its input's features"))
    }
    abort_unknown("unknown_name", sprintf("nn_utils_weight_norm: the module %s has no parameter '%s' of its own.",
      module_label(module), name), name, names(parameters))
  }
  rank = parameters[[name]]$ndim
  if (!test_int(dim, lower = -rank, upper = rank, null.ok = TRUE) || identical(as.integer(dim), 0L)) {
    abort("argument", sprintf("nn_utils_weight_norm: 'dim' must be NULL or a whole number from 1 to %i, not %s.", rank,
      as_short_string(dim)))
  }
  setdiff(seq_len(rank), if (!is.null(dim)) if (dim < 0) rank + 1 + dim else dim)
}

assert_weight_norm = function(module, name) {
  assert_normed_module(module)
  if (name %nin% names(module_core(module)$weight_norms)) {
    abort("config", sprintf("nn_utils_weight_norm: the weight '%s' of the module %s is not normalised; %s.", name,
      module_label(module), "`$apply(module)` does it"))
  }
}

weight_parts = function(name) paste0(name, c("_g", "_v"))

# Puts the two parameters in the place of a weight.
split_weight = function(module, name, dims) {
  force(dims)
  core = module_core(module)
  weight = core$members[[name]]
  taken = intersect(weight_parts(name), core$order)
  if (length(taken)) {
    abort("config", sprintf("nn_utils_weight_norm: the module %s already has a part '%s'.", module_label(module),
      taken[[1L]]))
  }
  values = with_no_grad(list(length_over(weight, dims), weight$clone()))
  requires_grad = weight$requires_grad
  pmap(list(weight_parts(name), values), function(part, value) {
    add_member(core, part, nn_parameter(value, requires_grad))
  })
  begin_weight_norm(module, name, dims)
}

length_over = function(weight, dims) {
  if (!length(dims)) {
    return(weight$abs())
  }
  if (length(dims) == weight$ndim) weight$norm() else weight$norm(dim = dims, keepdim = TRUE)
}

normed_weight = function(module, name) {
  core = module_core(module)
  parts = mget(weight_parts(name), envir = core$members)
  parts[[2L]] * (parts[[1L]] / length_over(parts[[2L]], core$weight_norms[[name]]))
}

begin_weight_norm = function(module, name, dims) {
  core = module_core(module)
  core$weight_norms = c(core$weight_norms, set_names(list(dims), name))
  if (is.null(core$unnormed_forward)) {
    core$unnormed_forward = core$forward
    core$forward = function(...) {
      compute_weights(module)
      core$unnormed_forward(...)
    }
  }
  compute_weights(module)
}

compute_weights = function(module) {
  core = module_core(module)
  for (name in names(core$weight_norms)) put_weight(core, name, normed_weight(module, name))
}

# A layer's weight lies in the core, too.
put_weight = function(core, name, weight) {
  add_member(core, name, weight)
  if (!is.null(core$layer)) core_layer_replace(core$layer, name, weight)
}

join_weight = function(module, name) {
  core = module_core(module)
  requires_grad = core$members[[weight_parts(name)[[2L]]]]$requires_grad
  put_weight(core, name, nn_parameter(with_no_grad(normed_weight(module, name))$clone(), requires_grad))
  rm(list = weight_parts(name), envir = core$members)
  core$order = setdiff(core$order, weight_parts(name))
  core$weight_norms[[name]] = NULL
}
