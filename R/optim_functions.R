# A function for each optimizer that the core has registered. They are made when the package is loaded.

#' @title Optimizers over Tensors
#'
#' @name torch_optimizers
#' @description
#' Makes an optimizer for tensors, such as the parameters of a network, for a training loop of your own. In a learner,
#' use [t_opt()] instead.
#'
#' The tensors are moved into one allocation, where an update is one pass over memory. Everybody who holds one of the
#' tensors sees the updates; only a tensor that merely shared its memory before, such as `x$data` or `x[1:2]`, keeps the
#' old one. Tensors that lie in one allocation already, such as those of a network, stay where they are.
#' Several optimizers may have the same tensor.
#'
#' @section Tensors:
#' The argument `params` is a tensor, a list of tensors, or a list of groups with settings of their own, each a list
#' such as `list(params = list(x, y), lr = 0.1)`. Frozen tensors (`requires_grad` is `FALSE`) are left out of updates
#' as long as they are frozen; at least one must not be. A name of the list is used in messages and in `param_groups`.
#'
#' @family Optimizer
#' @eval document_optimizers()
#' @rawNamespace exportPattern("^optim_")
#' @examples
#' # a straight line through points
#' x = torch_tensor(matrix(c(1, 2, 3, 4)))
#' y = 2 * x + 1
#' weight = torch_zeros(1, 1, requires_grad = TRUE)
#' bias = torch_zeros(1, requires_grad = TRUE)
#' optimizer = optim_adam(list(weight = weight, bias = bias), lr = 0.1)
#' for (i in 1:200) {
#'   optimizer$zero_grad()
#'   loss = (x$matmul(weight) + bias - y)$square()$mean()
#'   loss$backward()
#'   optimizer$step()
#' }
#' weight
#'
#' # settings of their own
#' optim_sgd(list(list(params = weight), list(params = bias, lr = 0.01)), lr = 0.1, momentum = 0.9)
NULL

# Names that R torch has for faster versions of some of its optimizers.
ignite_names = c("adagrad", "adam", "adamw", "rmsprop", "sgd")

define_optimizers = function(env = topenv()) {
  entries = registry_entries("optimizer")
  iwalk(entries, function(entry, name) assign(paste0("optim_", name), optimizer_function(entry, env), envir = env))
  walk(ignite_names, function(name) {
    assign(paste0("optim_ignite_", name), get(paste0("optim_", name), envir = env), envir = env)
  })
}

optimizer_function = function(entry, env) {
  settings = map(entry$arguments, function(argument) {
    name = as.name(argument$name)
    if (argument$required) bquote(if (missing(.(name))) NULL else .(name)) else name
  })
  body = bquote(make_optimizer(.(entry$name), params, .(as.call(c(quote(list), settings)))))
  arguments = c(without_default("params"), argument_formals(entry$arguments))
  registry_function(paste0("optim_", entry$name), arguments, body, env)
}

make_optimizer = function(name, params, settings) {
  defaults = discard(settings, is.null)
  new_optimizer(core_optimizer_create(name, as_tensor_groups(params, defaults)), defaults)
}

# For roxygen2: each optimizer has a page of its own.
document_optimizers = function() {
  items = imap_chr(registry_entries("optimizer"), function(entry, name) {
    sprintf("* [optim_%s()], %s: %s", name, entry$label, first_sentence(entry$doc))
  })
  c("@section Optimizers:", str_collapse(items, sep = "\n"), "", "`optim_ignite_*()` are other names for the same.")
}
