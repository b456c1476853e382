#' Switch gradient tracking off or on
#'
#' @description
#' Evaluates `code` without (or with) recording operations for `$backward()`; the functions `local_...()` hold until the
#' calling function ends, `autograd_set_grad_mode()` until it is called again.
#' With `with_detect_anomaly()`, a gradient that is not a number is an error that names its operation.
#' Stages of a callback run without recording.
#' @param code (expression)\cr
#'   What to evaluate.
#' @param .env (`environment`)\cr
#'   The frame at whose end recording is what it was.
#' @param enabled (`logical(1)`)\cr
#'   Whether to record.
#' @return The value of `code`; the others, invisibly, whether operations were recorded before.
#' @family Tensor
#' @examples
#' x = torch_ones(2, requires_grad = TRUE)
#' with_no_grad(x$mul_(2))
#' @export
with_no_grad = function(code) {
  before = core_grad_mode(FALSE)
  on.exit(core_grad_mode(before))
  force(code)
}

#' @rdname with_no_grad
#' @export
with_enable_grad = function(code) {
  before = core_grad_mode(TRUE)
  on.exit(core_grad_mode(before))
  force(code)
}

#' @rdname with_no_grad
#' @export
local_no_grad = function(.env = parent.frame()) local_grad_mode(FALSE, .env)

#' @rdname with_no_grad
#' @export
local_enable_grad = function(.env = parent.frame()) local_grad_mode(TRUE, .env)

local_grad_mode = function(enabled, frame) {
  before = core_grad_mode(enabled)
  at_exit(frame, function() core_grad_mode(before))
  invisible(before)
}

#' @rdname with_no_grad
#' @export
autograd_set_grad_mode = function(enabled) invisible(core_grad_mode(enabled))

#' @rdname with_no_grad
#' @export
with_detect_anomaly = function(code) {
  before = core_anomaly_mode(TRUE)
  on.exit(core_anomaly_mode(before))
  # LibTorch's error looks like one of its own bugs.
  tryCatch(force(code), mlr3libtorch_error_internal = function(condition) {
    abort("tensor", conditionMessage(condition), parent = condition)
  })
}

#' Gradients of some tensors
#'
#' @description
#' The derivatives of `outputs` by `inputs`, without adding to any tensor's `grad`.
#' @param outputs (`torch_tensor` or `list()` of them)\cr
#'   What is differentiated.
#' @param inputs (`torch_tensor` or `list()` of them)\cr
#'   The tensors to differentiate by, with `requires_grad`.
#' @param grad_outputs (`NULL`, `torch_tensor` or `list()` of them)\cr
#'   What each output's derivative is multiplied by, in its shape; needed for an output of several numbers.
#' @param retain_graph (`logical(1)`)\cr
#'   Whether what was recorded is kept for another call; unless given, like `create_graph`.
#' @param create_graph (`logical(1)`)\cr
#'   Whether the gradients can be differentiated again.
#' @param allow_unused (`logical(1)`)\cr
#'   Whether an input that the outputs do not depend on gets `NULL` instead of an error.
#' @return (`list()` of `torch_tensor`) One for each input, in its shape.
#' @section Errors:
#' What LibTorch refuses, such as an output that was not recorded: `mlr3libtorch_error_tensor`.
#' @family Tensor
#' @examples
#' x = torch_tensor(3, requires_grad = TRUE)
#' slope = autograd_grad(x^3, x, create_graph = TRUE)[[1]]
#' autograd_grad(slope, x)
#' @export
autograd_grad = function(outputs, inputs, grad_outputs = NULL, retain_graph = create_graph, create_graph = FALSE,
  allow_unused = FALSE) {
  core_autograd_grad(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused)
}

#' LibTorch's own random numbers
#'
#' @description
#' Functions such as [torch_randn()] draw from LibTorch's generator, not from R's.
#' A training run has its own generators and leaves this one unchanged.
#' @param seed (`integer(1)`)\cr
#'   The seed of the generator.
#' @param state (`torch_tensor`)\cr
#'   What `torch_get_rng_state()` returned.
#' @param code (any)\cr
#'   Code that draws; afterwards the generator is as it was before.
#' @param .env (`environment`)\cr
#'   The frame at whose end the generator is as it was before.
#' @return `torch_get_rng_state()`: (`torch_tensor`) uint8. `with_torch_manual_seed()`: the value of `code`. The others:
#'   nothing.
#' @family Tensor
#' @examples
#' torch_manual_seed(1)
#' torch_randn(2)
#' @export
torch_manual_seed = function(seed) {
  invisible(core_manual_seed(seed))
}

#' @rdname torch_manual_seed
#' @export
torch_get_rng_state = function() core_rng_state(NULL)

#' @rdname torch_manual_seed
#' @export
torch_set_rng_state = function(state) {
  if (!inherits(state, "torch_tensor")) {
    abort("argument",
      "'state' must be a torch_tensor from torch_get_rng_state().", list(argument = "state")
    )
  }
  invisible(core_rng_state(state))
}

#' @rdname torch_manual_seed
#' @export
with_torch_manual_seed = function(code, seed) {
  state = torch_get_rng_state()
  on.exit(torch_set_rng_state(state))
  torch_manual_seed(seed)
  force(code)
}

#' @rdname torch_manual_seed
#' @export
local_torch_manual_seed = function(seed, .env = parent.frame()) {
  state = torch_get_rng_state()
  at_exit(.env, function() torch_set_rng_state(state))
  torch_manual_seed(seed)
}

tensor_methods$register_hook = function(self, hook) {
  assert_function(hook)
  number = core_gradient_hook(self, gradient_hook(hook))
  invisible(list(remove = function() invisible(core_gradient_hook_remove(self, number))))
}

# The function that LibTorch keeps with the tensor; made here, since it must not see the tensor, which would then keep
# itself alive. A condition must not leave R, so a failure is a sentence.
gradient_hook = function(hook) {
  force(hook)
  function(gradient) {
    tryCatch({
      answer = hook(gradient)
      if (inherits(answer, "torch_tensor")) answer
    }, error = function(condition) {
      sprintf("A hook on a gradient failed: %s", condition_text(condition))
    }, interrupt = function(condition) "A hook on a gradient was interrupted.")
  }
}
