#' @title TorchScript in a Network
#'
#' @description
#' Custom nodes without Python and without a compiler:
#' * `nn_script()` is a node whose forward is text in TorchScript, the language of `torch.jit`.
#' * `nn_script_file()` is a node, or a whole network, from a `.pt` file that another program has saved as
#'   TorchScript, in Python with `torch.jit.script(module).save(path)`.
#'
#' Their parameters are trained and are part of the network's weights like those of every other node; a model with such
#' nodes is plain data and can be saved. The nodes take as many inputs as the function `forward` has arguments, in the
#' order of `reads` (see [nn()]), and return one tensor. Class numbers count from 0 in TorchScript.
#'
#' @section Safety:
#' A TorchScript file is code: use files only from people whose code you would run. A damaged file is refused
#' before LibTorch reads it; a forged one is not detected.
#'
#' @param code (`character(1)`)\cr
#'   The text: `def forward(self, x: Tensor) -> Tensor:` and what follows. It may have more functions. The
#'   indentation that all lines share is removed.
#' @param parameters (named `list()`)\cr
#'   The initial values of the parameters, by their names in the text, `self.<name>`: numbers, arrays, tensors or
#'   `nn_init()`.
#' @param buffers (named `list()`)\cr
#'   The same for values that are kept but not trained.
#' @param ... (any)\cr
#'   The fields `id` and `reads`, see [nn()].
#' @return `nn_script()` and `nn_script_file()`: a [PipeOpTorch], as [nn()] makes it.
#'
#' @family Network
#' @export
#' @examples
#' scale = nn_script("
#'   def forward(self, x: Tensor) -> Tensor:
#'     return torch.sigmoid(self.slope) * x
#' ", parameters = list(slope = nn_init(NA, "ones")))
#' network = nn_sequential(scale, nn("linear", out_features = 3), shape = c(NA, 4))
#' network
nn_script = function(code, parameters = NULL, buffers = NULL, ...) {
  code = paste(assert_character(code, any.missing = FALSE, min.len = 1L), collapse = "\n")
  nn("script", code = code, parameters = parameters, buffers = buffers, ...)
}

#' @rdname nn_script
#' @param path (`character(1)`)\cr
#'   The file.
#' @export
nn_script_file = function(path, ...) {
  assert_string(path, min.chars = 1L)
  if (!file.exists(path) || dir.exists(path)) {
    abort("file", sprintf("The file '%s' does not exist.", path), fields = list(path = path))
  }
  bytes = readBin(path, "raw", n = file.size(path))
  nn("script_file", file = bytes, name = basename(path), ...)
}

#' @rdname nn_script
#' @param shape (`integer()`)\cr
#'   The shape; `NA` is the size of the last dimension of the node's first input.
#' @param distribution (`character(1)`)\cr
#'   `"uniform"` (between `-scale` and `scale`), `"normal"` (of standard deviation `scale`), `"fan_in"` (uniform, as
#'   in linear layers), `"xavier"` (uniform), `"zeros"` or `"ones"`. Random values depend on the learner's `seed`.
#' @param scale (`numeric(1)`)\cr
#'   See `distribution`.
#' @return `nn_init()`: a `torch_init`, a plain list.
#' @export
nn_init = function(shape, distribution = "fan_in", scale = 1) {
  if (!test_integerish(shape, lower = 0, min.len = 1L)) {
    abort("argument", sprintf("nn_init(): 'shape' must be whole numbers or NA, not %s.", as_short_string(shape)))
  }
  assert_string(distribution)
  assert_number(scale, finite = TRUE, lower = 0)
  structure(list(shape = as.integer(ifelse(is.na(shape), -1, shape)), distribution = distribution,
    scale = as.numeric(scale)), class = "torch_init")
}

# A parameter of a node as plain data, if the core takes tensors.
plain_node_value = function(value, type) {
  switch(sub("?", "", type, fixed = TRUE),
    Tensor = if (is.function(value)) function_bytes(value, "forward") else plain_weight(value),
    "int[]" = , "float[]" = plain_vector(value),
    "Dict(str, Any)" = if (!is.null(value)) map(value, plain_weight),
    value
  )
}

plain_weight = function(x) {
  if (inherits(x, "torch_init")) {
    return(unclass(x))
  }
  if (is_tensor_data(x)) {
    return(x)
  }
  if (is.list(x) && test_subset(c("shape", "distribution"), names(x))) {
    return(x)
  }
  core_tensor_to_plain(if (inherits(x, "torch_tensor")) x else torch_tensor(x))
}
