# Devices, and what this LibTorch and this machine can do.

#' @title Devices
#'
#' @name torch_device
#' @description
#' `torch_device()` names a device for arguments `device`; a plain string (`"cpu"`, `"cuda:1"`) works as well.
#' The field `$device` of a tensor is one. Graphics cards count from 0.
#' `with_device()` and `local_device()` set where [torch_tensor()], [torch_zeros()] and the like make tensors when no
#' device is named.
#' @param type (`character(1)`)\cr
#'   `"cpu"`, `"cuda"` or `"mps"`, with or without a number, as in `"cuda:1"`.
#' @param index (`integer(1)` or `NULL`)\cr
#'   The number of the device among those of its type.
#' @param x (any)\cr
#'   What is looked at.
#' @param code (expression)\cr
#'   What to evaluate.
#' @param device (`torch_device` or `character(1)`)\cr
#'   The device.
#' @param ... (any)\cr
#'   Not used.
#' @param .env (`environment`)\cr
#'   The frame at whose end the device is what it was.
#' @return `torch_device()`: (`torch_device`) with the fields `$type` and `$index`. `is_torch_device()`: (`logical(1)`).
#'   `with_device()`: the value of `code`. `local_device()`: nothing.
#' @family Tensor
#' @examples
#' torch_device("cuda", 1)
#' torch_zeros(2)$device$type
NULL

#' @rdname torch_device
#' @export
torch_device = function(type, index = NULL) {
  if (!test_string(type) || !grepl("^[a-z]+(:[0-9]+)?$", type)) {
    abort("argument", sprintf("'type' must be \"cpu\", \"cuda\", \"mps\" or the like, not %s.", as_short_string(type)),
      list(argument = "type"))
  }
  kind = sub(":.*", "", type)
  if (kind %nin% device_types) {
    abort_unknown("argument", sprintf("There is no type of device '%s'.", kind), kind, device_types,
      fields = list(argument = "type"))
  }
  if (is.null(index)) {
    return(new_device(type))
  }
  if (grepl(":", type, fixed = TRUE)) {
    abort("argument", sprintf("'type' is '%s', which has a number already; leave out 'index'.", type),
      list(argument = "index"))
  }
  if (!test_count(index)) {
    abort("argument", "'index' must be a whole number from 0.", list(argument = "index"))
  }
  new_device(sprintf("%s:%i", type, as.integer(index)))
}

# LibTorch's
device_types = c("cpu", "cuda", "mps", "xpu", "meta", "hip", "vulkan", "metal", "xla", "mkldnn", "ideep", "opengl",
  "opencl", "fpga", "ort", "maia", "lazy", "ipu", "hpu", "ve", "mtia", "privateuseone")

new_device = function(name) structure(name, class = "torch_device")

#' @rdname torch_device
#' @export
is_torch_device = function(x) inherits(x, "torch_device")

#' @export
`$.torch_device` = function(x, name) {
  parts = strsplit(unclass(x), ":", fixed = TRUE)[[1L]]
  switch(name,
    type = parts[[1L]],
    index = if (length(parts) > 1L) as.integer(parts[[2L]]),
    abort_unknown_field("A torch_device", name, c("type", "index"))
  )
}

#' @export
print.torch_device = function(x, ...) {
  cat("<torch_device ", unclass(x), ">\n", sep = "")
  invisible(x)
}

#' @export
format.torch_device = function(x, ...) unclass(x)

#' @rdname torch_device
#' @export
with_device = function(code, ..., device) {
  local_device(device)
  force(code)
}

#' @rdname torch_device
#' @export
local_device = function(device, ..., .env = parent.frame()) {
  before = creation_defaults$device
  at_exit(.env, function() creation_defaults$device = before)
  creation_defaults$device = torch_device(format(device))
  invisible(NULL)
}

#' @title What LibTorch Can Do Here
#'
#' @name torch_backends
#' @description
#' Which devices and libraries this LibTorch was built with and finds.
#' @return (`logical(1)`); `cuda_device_count()` and `cuda_current_device()` (`integer(1)`), the latter from 0;
#'   `backends_cudnn_version()` (`numeric_version`).
#' @section Errors:
#' The current device or a version of something that is not there: `mlr3libtorch_error_config`.
#' @family Tensor
#' @examples
#' cuda_is_available()
NULL

#' @rdname torch_backends
#' @export
cuda_is_available = function() cuda_device_count() > 0L

#' @rdname torch_backends
#' @export
cuda_device_count = function() core_backends()$cuda_devices

assert_there = function(is_there, what) {
  if (!is_there) abort("config", sprintf("%s is not available in this LibTorch on this machine.", what))
}

#' @rdname torch_backends
#' @export
cuda_current_device = function() {
  assert_there(cuda_is_available(), "CUDA")
  core_backends()$cuda_device
}

#' @rdname torch_backends
#' @export
backends_cudnn_is_available = function() core_backends()$cudnn

#' @rdname torch_backends
#' @export
backends_cudnn_version = function() {
  assert_there(backends_cudnn_is_available(), "cuDNN")
  version = core_backends()$cudnn_version
  # 8902 is 8.9.2; from 9 on, 90100 is 9.1.0.
  base = if (version >= 90000L) 10000L else 1000L
  numeric_version(paste(version %/% base, version %% base %/% 100L, version %% 100L, sep = "."))
}

#' @rdname torch_backends
#' @export
backends_mkl_is_available = function() core_backends()$mkl

#' @rdname torch_backends
#' @export
backends_mkldnn_is_available = function() core_backends()$mkldnn

#' @rdname torch_backends
#' @export
backends_mps_is_available = function() core_backends()$mps

#' @rdname torch_backends
#' @export
backends_openmp_is_available = function() core_backends()$openmp

#' @rdname torch_backends
#' @export
torch_is_installed = function() TRUE
