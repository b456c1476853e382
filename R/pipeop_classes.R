# The classes of the pipeops that differ only in what their constructor is given: one for each operation, as
# `PipeOpTorchLinear`. They are made when this package is loaded, each when it is first asked for.

# The classes as calls of `pipeop_class()`, by the pipeop's key.
pipeop_class_requests = function() {
  operations = set_names(names(registry_entries("operation")))
  requests = map(operations, function(operation) {
    # only operations that take several inputs have the argument `innum`
    several = registry_entry("operation", operation)$inputs[[2L]] > 1
    list("PipeOpTorchOperation", list(operation = operation), if (several) alist(innum = 0L) else list())
  })
  kinds = set_names(names(ingress_types), paste0("torch_ingress_", names(ingress_types)))
  types = set_names(names(task_kinds), paste0("torch_model_", names(task_kinds)))
  settings = set_names(c("loss", "optimizer", "callbacks"), paste0("torch_", c("loss", "optimizer", "callbacks")))
  c(
    set_names(requests, paste0("nn_", operations)),
    map(kinds, function(kind) list("PipeOpTorchIngress", list(kind = kind), list())),
    map(transformation_keys(), function(fixed) list("PipeOpTaskPreprocTorch", fixed, list())),
    map(types, function(task_type) list("PipeOpTorchModel", list(task_type = task_type), list())),
    map(settings, function(kind) {
      list("PipeOpTorchSettings", list(kind = kind, setting = as.name(kind)), settings_argument(kind))
    })
  )
}

# Named after the setting: `po("torch_loss", loss = t_loss("mse"))`.
settings_argument = function(kind) {
  set_names(as.list(formals(switch(kind,
    loss = function(setting) NULL,
    optimizer = function(setting = t_opt("adam")) NULL,
    callbacks = function(setting = list()) NULL
  ))), kind)
}

define_pipeop_classes = function(env = topenv()) {
  iwalk(pipeop_class_requests(), function(request, key) {
    force(request)
    delayedAssign(pipeop_class_name(key), pipeop_class(key, request[[1L]], request[[2L]], request[[3L]]),
      assign.env = env)
  })
}

# A class whose constructor has the arguments `more`, `id` and `param_vals`; those in `fixed` are given.
pipeop_class = function(key, parent, fixed, more) {
  initialize = function() NULL
  formals(initialize) = c(more, list(id = key, param_vals = list()))
  passed = sapply(setdiff(names(formals(initialize)), map_chr(keep(fixed, is.name), as.character)), as.name)
  body(initialize) = as.call(c(quote(super$initialize), fixed, passed))
  eval(bquote(R6Class(.(pipeop_class_name(key)), inherit = .(as.name(parent)),
    public = list(initialize = .(initialize)), parent_env = topenv())))
}

# mlr3torch's name of the class, where it has one: "PipeOpTorchLeakyReLU" for "nn_leaky_relu".
pipeop_class_name = function(key) {
  if (key == "nn_module") {
    return("PipeOpTorchNnModule")
  }
  is_step = grepl("^(trafo|augment)_", key)
  words = strsplit(sub("^(nn|torch)_", "", key), "_", fixed = TRUE)[[1L]]
  special = if (startsWith(key, "torch_ingress_")) ingress_words else class_words
  words = ifelse(words %in% names(special), special[words], sub("([123])d$", "\\1D", capitalize(words)))
  paste0(if (is_step) "PipeOpPreprocTorch" else "PipeOpTorch", str_collapse(words, sep = ""))
}

# Words that are not only capitalised.
class_words = c(celu = "CELU", cls = "CLS", elu = "ELU", ft = "FT", geglu = "GeGLU", gelu = "GELU", glu = "GLU",
  gru = "GRU", hardshrink = "HardShrink", hardsigmoid = "HardSigmoid", hardswish = "HardSwish", hardtanh = "HardTanh",
  lstm = "LSTM", prelu = "PReLU", reglu = "ReGLU", relu = "ReLU", relu6 = "ReLU6", rnn = "RNN", rrelu = "RReLU",
  selu = "SELU", silu = "SiLU", softplus = "SoftPlus", softshrink = "SoftShrink", softsign = "SoftSign",
  swiglu = "SwiGLU", tanhshrink = "TanhShrink")

ingress_words = c(num = "Numeric", categ = "Categorical", ltnsr = "LazyTensor")

# For roxygen2: the names of the classes that inherit from `parent`, and those of their pipeops.
pipeop_aliases = function(parent) {
  keys = names(keep(pipeop_class_requests(), function(request) request[[1L]] == parent))
  # torch_optimizer() is a function of its own
  paste("@aliases", c(map_chr(keys, pipeop_class_name), paste0("mlr_pipeops_", keys), setdiff(keys, "torch_optimizer")))
}
