#' @title A Module Written in R
#'
#' @description
#' Makes a generator of modules: a function that, when it is called, makes a module. A module is a function that
#' computes its `forward`; it has weights, parts and further functions, which its own functions find in `self`.
#'
#' `initialize` is called when a module is made, and assigns to `self`:
#' * [nn_parameter()] and [nn_buffer()]: tensors that are trained, and tensors that are only kept;
#' * layers, such as [nn_linear()], and other modules; several of them in [nn_module_list()] or [nn_module_dict()].
#'   `nn("linear", out_features = 3)` is a layer whose sizes are found when it is first called;
#' * functions and plain R values. What `forward` assigns is not kept by a learner; what it counts goes into a buffer.
#'
#' `forward` may take anything if it is called in R. As part of a network it takes as many tensors as the node reads,
#' and returns one with as many rows. Autograd tracks what it does. `self$training` says whether the module is set to
#' training, by the loop or by `$train()` and `$eval()`. Tensors of whole numbers are class numbers, which count from 1.
#'
#' A learner trains a copy of a module, beginning with its weights; what was trained is in the learner.
#' R code is called once for each batch and node, which costs some microseconds more for each operation than a node of
#' the core, and such a node is trained by autograd, not by the compiled step. [nn_sequential()] of layers has no R
#' code, and a module whose `forward` only calls layers, adds and joins what they return is taken apart into layers,
#' too.
#'
#' @section Members:
#' Of every module, `module$<name>`:
#' * `parameters`, `buffers`, `children`, `modules`: lists; `named_parameters(recursive = TRUE)`, `named_buffers()`,
#'   `named_children()`, `named_modules()`; a part by its name;
#' * `forward(...)`: the function that a call runs;
#' * `training`, `train(mode = TRUE)`, `eval()`;
#' * `state_dict()`, `load_state_dict(state_dict, strict = TRUE)`;
#' * `zero_grad()`, `requires_grad_(requires_grad = TRUE)`;
#' * `apply(fn)`: calls `fn` with each module inside and then with the module;
#' * `to(dtype, device)`, `cpu()`, `cuda()`, `float()`, `double()`: change the tensors themselves; `half()` is an error;
#' * `reset_parameters()`: draws the weights of a layer again;
#' * `add_module(name, module)`, `register_parameter(name, param)`, `register_buffer(name, tensor, persistent = TRUE)`;
#' * `register_forward_hook(hook)`: `hook(module, inputs, output)` may return another output;
#'   `register_forward_pre_hook(hook)`: `hook(module, inputs)` may return other inputs. Both return a list with the
#'   function `remove()`. Hooks are not kept when a learner trains the module;
#' * `clone(deep = FALSE)`: a deep clone has its own weights.
#'
#' @section Saving:
#' In a learner a module becomes plain data: its functions, and the variables that they use, except those of packages,
#' as they are when the learner gets it. Functions of packages other than this one are best written as
#' `package::name()`. The data are code, so treat a model from somebody else like a script from them.
#'
#' @param classname (`character()`)\cr
#'   Classes that the modules have, the most special one first.
#' @param inherit (`nn_module_generator` or a layer's function)\cr
#'   A generator whose functions and fields the modules have, too; `super$<name>()` calls them. With a layer, such as
#'   `nn_linear`, `super$initialize()` takes its arguments, and the module has its weights as its own.
#' @param ... (any)\cr
#'   `initialize`, `forward` and further functions and fields of `self`. Two functions without names are `initialize`
#'   and `forward`.
#' @param private (named `list()`)\cr
#'   Functions and fields of `private`.
#' @param active (named `list()` of `function`)\cr
#'   Fields that are computed when they are read; called with a value when they are set.
#' @param parent_env (`environment`)\cr
#'   Not used: functions see the environment in which they were written.
#' @return `nn_module()`: a generator, a function that takes the arguments of `initialize`, and `id` and `reads` as
#'   [nn()] does, and returns a module.
#'
#' @family Module
#' @export
#' @examples
#' residual = nn_module("residual",
#'   initialize = function(width) {
#'     self$inner = nn_linear(width, width)
#'     self$scale = nn_parameter(torch_ones(width))
#'   },
#'   forward = function(x) x + torch_tanh(self$inner(x)) * self$scale
#' )
#' module = residual(4)
#' module(torch_randn(2, 4))
#' module$inner$weight$shape
#'
#' network = nn_sequential(residual(4), nn("head"))
#' learner = lrn("classif.torch_model", network = network, epochs = 2, batch_size = 50)
#' learner$train(tsk("iris"))
nn_module = function(classname = NULL, inherit = NULL, ..., private = NULL, active = NULL, parent_env = NULL) {
  assert_character(classname, min.chars = 1L, any.missing = FALSE, null.ok = TRUE)
  public = list(...)
  if (identical(inherit, nn_module)) inherit = NULL
  if (is.function(inherit) && is.null(parent_definition(inherit)) && !is_nn_module(inherit)) {
    public = c(list(inherit), public)
    inherit = NULL
  }
  level = list(public = name_first_functions(public), private = private, active = active)
  check_level(level)
  assert_parent(inherit)
  parent = parent_definition(inherit)
  definition = list(classes = c(classname, parent$classes), levels = c(list(level), parent$levels))
  check_initialize(definition)
  new_module_generator(definition)
}

#' @rdname nn_module
#' @export
is_nn_module = function(x) inherits(x, "nn_module")

new_module_generator = function(definition) {
  force(definition)
  generator = function(..., id = NULL, reads = NULL) {
    module = instantiate(definition, list(...))
    core = module_core(module)
    core$id = assert_string(id, min.chars = 1L, null.ok = TRUE)
    core$reads = assert_character(reads, min.chars = 1L, min.len = 1L, any.missing = FALSE, null.ok = TRUE)
    module
  }
  structure(generator, class = c("nn_module_generator", "function"), definition = definition)
}

#' @export
print.nn_module_generator = function(x, ...) {
  definition = attr(x, "definition")
  arguments = formals(method_of(definition, "initialize") %??% function() NULL)
  catn(sprintf("<nn_module_generator> %s(%s)", definition$classes[1L] %??% "module",
    str_collapse(names(arguments), sep = ", ")))
  invisible(x)
}

# A function of the class or of those that it inherits from.
method_of = function(definition, name) {
  for (level in definition$levels) {
    if (!is.null(level$public[[name]])) {
      return(level$public[[name]])
    }
  }
}

# `nn_module("name", function(width) ..., function(x) ...)`
name_first_functions = function(public) {
  given = names2(public, "")
  places = which(given == "")
  free = setdiff(c("initialize", "forward"), given)
  if (length(places) > length(free) || !all(map_lgl(public[places], is.function))) {
    abort("argument", "nn_module(): what 'self' has needs a name, as in `forward = function(x) self$linear(x)`.")
  }
  names(public) = replace(given, places, free[seq_along(places)])
  public
}

# NULL if there is none.
parent_definition = function(inherit) {
  if (inherits(inherit, "nn_module_generator")) {
    return(attr(inherit, "definition"))
  }
  maker = layer_maker(inherit)
  if (!is.null(maker)) layer_class(maker)
}

assert_parent = function(inherit) {
  if (!is.null(inherit) && is.null(parent_definition(inherit))) {
    abort("argument", sprintf("nn_module(): 'inherit' must be %s, not %s.",
      "what nn_module() has returned, or a layer such as `nn_linear`", as_short_string(inherit)))
  }
}

check_level = function(level) {
  for (part in names(level)) {
    if (length(level[[part]]) && !test_list(as.list(level[[part]]), names = "unique")) {
      abort("argument", sprintf("nn_module(): the %s functions and fields need unique names.", part))
    }
  }
  for (name in intersect(c("initialize", "forward"), names(level$public))) {
    if (!test_function(level$public[[name]], null.ok = TRUE)) {
      abort("argument", sprintf("nn_module(): '%s' must be a function, not %s.", name,
        as_short_string(level$public[[name]])))
    }
  }
  if (!all(map_lgl(level$active, is.function))) {
    abort("argument", "nn_module(): 'active' must be a list of functions.")
  }
}

check_initialize = function(definition) {
  reserved = intersect(names(formals(method_of(definition, "initialize") %??% function() NULL)), c("id", "reads"))
  if (length(reserved)) {
    abort("argument", sprintf("nn_module(): the argument '%s' of 'initialize' has another meaning in nn(); rename it.",
      reserved[[1L]]))
  }
}

# Makes a module and calls its `initialize`.
instantiate = function(definition, arguments) {
  module = bare_module(definition)
  core = module_core(module)
  if (!is.null(core$methods$initialize)) {
    assert_takes(core$methods$initialize, arguments, definition$classes[1L] %??% "module")
    # what a user's own class signals is left as it is
    if (identical(environment(method_of(definition, "initialize")), topenv())) {
      withCallingHandlers(do.call(core$methods$initialize, arguments),
        error = as_own_error(definition$classes[[1L]], environment(core$methods$initialize)))
    } else {
      do.call(core$methods$initialize, arguments)
    }
  } else if (length(arguments)) {
    abort("argument", sprintf("The module %s takes no arguments: it has no function 'initialize'.",
      module_label(module)))
  }
  module
}

# A module with its functions and the fields of its class.
bare_module = function(definition) {
  module = new_module(definition$classes)
  core = module_core(module)
  core$definition = definition
  core$private = new.env(parent = emptyenv())
  super = new_super(list(), list())
  for (level in rev(definition$levels)) {
    bind = function(functions) map(functions, bind_function, self = module, private = core$private, super = super)
    core$methods = insert_named(core$methods, bind(keep(level$public, is.function)))
    core$active = insert_named(core$active, bind(level$active))
    assign_all(bind(keep(level$private, is.function)), core$private)
    assign_all(discard(level$private, is.function), core$private)
    iwalk(discard(level$public, is.function), function(value, name) add_member(core, name, as_member(value)))
    super = new_super(core$methods, core$active)
  }
  core$forward = first_forward(module, core)
  module
}

# What a class has from those that it inherits from: functions, and fields that are computed when they are read.
new_super = function(methods, active) {
  methods = insert_named(list(initialize = function(...) NULL), methods)
  super = list2env(methods[setdiff(names(methods), names(active))], parent = emptyenv())
  iwalk(active, function(fn, name) makeActiveBinding(name, fn, super))
  super
}

# A call computes `forward`, which may be set as a field, too. The first makes what waits for an input.
first_forward = function(module, core) {
  first = function(...) {
    forward = core$members$forward %??% core$methods$forward
    if (is.null(forward)) {
      abort("config", sprintf("The module %s has no function 'forward'; give nn_module() one, %s.",
        module_label(module), "which computes the output"))
    }
    if (length(core$lazy)) make_lazy_weights(core, ..1)
    # unless something comes before it
    if (identical(core$forward, first)) core$forward = forward
    forward(...)
  }
  first
}

assign_all = function(values, env) iwalk(values, function(value, name) assign(name, value, envir = env))

bind_function = function(fn, self, private, super) {
  env = new.env(parent = environment(fn))
  env$self = self
  env$private = private
  env$super = super
  environment(fn) = env
  fn
}

# `owner`: who was given it; `alternative`: what to use for a module that is made already.
check_module_generator = function(generator, owner, alternative) {
  if (is_nn_module(generator)) {
    abort("argument", sprintf("%s: 'module_generator' is a module; %s.", owner, alternative))
  }
  if (!is.null(generator) && !is.function(generator)) {
    abort("argument", sprintf("%s: 'module_generator' must be what nn_module() returns, not %s.", owner,
      as_short_string(generator)))
  }
  generator
}

# `initialize` or `forward` of a generator that nn_module() has made; NULL if there is none.
method_of_generator = function(generator, name) {
  if (inherits(generator, "nn_module_generator")) method_of(attr(generator, "definition"), name)
}

generator_arguments = function(generator) {
  if (inherits(generator, "nn_module_generator")) {
    generator = method_of_generator(generator, "initialize")
  }
  formals(generator %??% function() NULL)
}

check_generator_arguments = function(takes, given, where) {
  absent = setdiff(names(keep(takes, is_empty_symbol)), c(given, "..."))
  if (length(absent)) {
    abort_missing_parameter(where, absent[[1L]], "the module needs it")
  }
}
