#' @title Save and Load Tensors and Modules
#'
#' @description
#' Tensors in a safetensors file, which other programs can read and which runs no code when it is read.
#' `torch_load()` reads the safetensors files of any program.
#'
#' A module is saved with its weights, settings and modes, and is a module again when it is loaded, also in another
#' process. Layers, and modules that consist of them, are plain data. A module that is written in R keeps its functions
#' and what they use, as bytes from which R makes functions: treat such a file like a script, and load it only if you
#' trust where it comes from. Nothing in it runs before the module is called.
#'
#' Other lists are saved as well, such as a checkpoint of a loop of your own,
#' `list(epoch = 3, model = module$state_dict(), optimizer = optimizer$state_dict())`. Other programs see their tensors
#' and vectors by their places, as in `model.weight`.
#'
#' @param obj (`torch_tensor`, `nn_module` or `list()`)\cr
#'   What is saved, without gradients and history: a tensor, a module, a named list of tensors, or a list of tensors,
#'   vectors and lists.
#' @param path (`character(1)`)\cr
#'   The file. It appears whole or not at all, and replaces an earlier one.
#' @param device (`character(1)`)\cr
#'   The device of the loaded tensors, or of the module's weights.
#' @return `torch_save()`: `obj`, invisibly. `torch_load()`: what was saved; a named list of tensors, in the order of
#'   their names, for the files of other programs.
#'
#' @section Errors:
#' A file that is damaged or not a safetensors file, or a module that cannot be made here: `mlr3libtorch_error_file`.
#' Neither a tensor, a module nor a list, or a tensor of a dtype that safetensors do not have (complex numbers):
#' `mlr3libtorch_error_argument`. A list, or a module, that holds something else, such as an environment:
#' `mlr3libtorch_error_state`, which names its place.
#'
#' @family Tensor
#' @export
#' @examples
#' path = tempfile(fileext = ".safetensors")
#' torch_save(list(weight = torch_ones(2, 3), bias = torch_zeros(3)), path)
#' torch_load(path)$weight
#'
#' torch_save(nn_sequential(nn_linear(3, 2), nn_relu()), path)
#' torch_load(path)(torch_ones(1, 3))
torch_save = function(obj, path) {
  if (is_nn_module(obj)) {
    data = as_plain_data(module_file_data(obj), "torch_save(): the module")
    write_plain_file(path, data, content = "module")
    return(invisible(obj))
  }
  single = inherits(obj, "torch_tensor")
  tensors = if (single) list(tensor = obj) else obj
  if (!is.list(tensors)) {
    abort("argument", sprintf("torch_save(): 'obj' must be a torch_tensor, a module or a list with tensors, not %s.",
      as_short_string(obj)))
  }
  is_flat = test_names(names2(tensors, ""), type = "unique") && all(map_lgl(tensors, inherits, what = "torch_tensor"))
  if (is_flat) {
    write_tensors(path, map(tensors, core_tensor_to_plain), if (single) "tensor" else "tensors")
  } else {
    write_plain_file(path, as_plain_data(obj, "torch_save(): 'obj'"))
  }
  invisible(obj)
}

#' @rdname torch_save
#' @export
torch_load = function(path, device = "cpu") {
  contents = read_tensors(path)
  if (identical(contents$content, "mlr3libtorch module")) {
    return(module_from_file(read_plain_file(path, "module"), path)$to(device = device))
  }
  if (identical(contents$content, "mlr3libtorch plain data")) {
    return(tensors_to_device(from_plain_data(read_plain_file(path)), device))
  }
  tensors = map(contents$tensors, function(tensor) core_plain_to_tensor(tensor)$to(device = device))
  if (identical(contents$content, "mlr3libtorch tensor")) tensors[[1L]] else tensors
}

# The tensors in a list and its lists.
tensors_to_device = function(x, device) {
  if (inherits(x, "torch_tensor")) {
    return(x$to(device = device))
  }
  if (is.list(x)) x[] = lapply(x, tensors_to_device, device = device)
  x
}

# `tensors`: named list of torch_tensor_data. `format` is what other readers look for.
write_tensors = function(path, tensors, content) {
  assert_string(path, min.chars = 1L)
  encoded = imap(tensors, function(tensor, name) {
    if (tensor$dtype %nin% names(tensor_dtypes)) {
      abort("argument", sprintf("Tensor '%s' is of type %s, which safetensors files cannot hold; convert it, %s.", name,
        tensor$dtype, "as by torch_view_as_real()"))
    }
    file_tensor(tensor_dtypes[[tensor$dtype]], tensor$shape, tensor$data)
  })
  core_write_file(path.expand(path), encoded, c(content = paste("mlr3libtorch", content), format = "pt"))
}

# list(tensors = <named list of torch_tensor_data>, content = <what the file says that it is, or NULL>)
read_tensors = function(path) {
  assert_string(path, min.chars = 1L)
  assert_not_of_pytorch(path.expand(path))
  contents = core_read_file(path.expand(path), FALSE)
  dtypes = set_names(names(tensor_dtypes), tensor_dtypes)
  tensors = map(contents$tensors, function(tensor) {
    structure(list(dtype = dtypes[[tensor$dtype]], shape = tensor$shape, data = tensor$data),
      class = "torch_tensor_data")
  })
  list(tensors = tensors, content = as.list(contents$metadata)$content)
}

# PyTorch writes a zip archive or, before version 1.6, a pickle. No safetensors file begins so: its header is not that
# long.
assert_not_of_pytorch = function(path) {
  begin = if (file.exists(path) && !dir.exists(path)) readBin(path, "raw", 4L)
  is_zip = identical(begin, charToRaw("PK\003\004"))
  is_pickle = length(begin) == 4L && begin[[1L]] == as.raw(0x80) && as.integer(begin[[2L]]) %in% 2:5 &&
    begin[[3L]] == as.raw(0x8a)
  if (is_zip || is_pickle) {
    abort("file", sprintf("'%s' is a file of PyTorch, not a safetensors file; convert it once, in a shell: %s", path,
      sprintf("python3 -c \"import torch, safetensors.torch as s; s.save_file(torch.load('%s'), '%s')\"",
        basename(path), sub("([.][^.]*)?$", ".safetensors", basename(path)))), list(path = path))
  }
}
