# Pages of optimizers, such as `mlr3libtorch_optimizers_adam`, which is also the page of `optim_adam()`.

optimizer_pages = function() lapply(unname(package$registry_entries("optimizer")), optimizer_page)

optimizer_page = function(entry) {
  key = entry$name
  others = if (key %in% package$ignite_names) paste0("optim_ignite_", key)
  functions = c(paste0("optim_", key), others)
  list(
    name = paste0("mlr3libtorch_optimizers_", key),
    title = paste("Optimizer:", entry$label),
    aliases = c(paste0("mlr_optimizers_", key), functions, key),
    keys = key,
    description = sentence_of(entry$doc),
    usage = usage_of(functions),
    params = param_texts(list(entry), functions, function(name) {
      paste0("(`torch_tensor` or `list()`)\\cr\n  The tensors, or groups of them with settings of their own; see ",
        "[torch_optimizers].")
    }),
    value = "A [torch_optimizer].",
    sections = c(list("How to use it" = optimizer_use(key, others)), source_section(list(entry))),
    seealso = "[t_opt()], [TorchOptimizer], [torch_optimizers]",
    family = "Optimizer",
    examples = optimizer_example(entry)
  )
}

optimizer_use = function(key, others) {
  paste(c(
    sprintf("* In a learner: `t_opt(\"%s\")`, given as `optimizer`. The learner has the arguments above, without", key),
    "  `params`, as parameters `opt.<name>`, which can be set and tuned like any other. The parameter",
    "  `opt.param_groups` gives parts of the network settings of their own, see [TorchOptimizer].",
    sprintf("* In a training loop of your own: `optim_%s()`, with the tensors to train.", key),
    if (length(others)) sprintf("  `%s()` is another name for it, which R torch has.", others)
  ), collapse = "\n")
}

optimizer_example = function(entry) {
  values = example_of("optimizer", entry)
  if (is.null(values)) stop("the optimizer '", entry$name, "' needs example values in tools/key_pages/texts.R")
  c(
    paste("optimizer =", call_text("t_opt", c(list(entry$name), values))),
    "learner = lrn(\"classif.mlp\", optimizer = optimizer, epochs = 2, batch_size = 32, seed = 1)",
    "learner$train(tsk(\"iris\"))", "",
    "# in a loop of your own",
    "weight = torch_ones(3, requires_grad = TRUE)",
    paste("optimizer =", call_text(paste0("optim_", entry$name), c(list(quote(weight)), values))),
    "weight$square()$sum()$backward()",
    "optimizer$step()",
    "weight"
  )
}
