#' @title Networks for Pictures
#'
#' @name mlr_learners.vision
#' @aliases LearnerTorchVision
#' @eval vision_aliases()
#'
#' @description
#' Classifies pictures by the networks of PyTorch's package torchvision. Parameters and buffers have torchvision's names
#' and shapes, so its weights fit. Nothing is downloaded: `weights` is a file that you have.
#'
#' | key | parameters (millions, 1000 classes) | reference |
#' |---|---|---|
#' | `classif.resnet18` | 11.7 | He et al. (2016), arXiv:1512.03385 |
#' | `classif.resnet34` | 21.8 | the same |
#' | `classif.resnet50` | 25.6 | the same |
#' | `classif.vgg11` | 132.9 | Simonyan and Zisserman (2015), arXiv:1409.1556 |
#' | `classif.vgg11_bn`, with batch normalisation | 132.9 | the same |
#' | `classif.mobilenet_v2` | 3.5 | Sandler et al. (2018), arXiv:1801.04381 |
#' | `classif.mobilenet_v3_small` | 2.5 | Howard et al. (2019), arXiv:1905.02244 |
#' | `classif.mobilenet_v3_large` | 5.5 | the same |
#' | `classif.efficientnet_b0` | 5.3 | Tan and Le (2019), arXiv:1905.11946 |
#' | `classif.convnext_tiny` | 28.6 | Liu et al. (2022), arXiv:2201.03545 |
#' | `classif.vit_b_16`, the Vision Transformer | 86.6 | Dosovitskiy et al. (2021), arXiv:2010.11929 |
#'
#' The size of the pictures is free, from 32 by 32; torchvision's weights were trained with 224 by 224. The Vision
#' Transformer's sizes are multiples of 16, and its weights fit no other size than that they were trained with.
#' The head, the last layer, has an output for each class of the task (one for two classes).
#' EfficientNet and ConvNeXt are trained without stochastic depth. Starting values are those of the layers, see [nn()].
#'
#' @section Parameters:
#' Those of [LearnerTorch], and:
#' * `weights` (`character(1)` or `NULL`): a safetensors file with the weights that training starts with. The head's are
#'   taken if they have its shape, otherwise it starts anew.
#' * `freeze` (`function` or `NULL`): a [selector][torch_selector] of the parameters that are not trained.
#'   `select_invert(select_grep("^fc"))` trains the head only. Running averages of batch normalisation are not
#'   parameters: they follow the data, as in PyTorch. To train more of them later, use the callback
#'   [`"unfreeze"`][CallbackSetUnfreeze] in its place.
#' * `shape` (`integer(4)`): the pictures' shape, `c(NA, channels, height, width)`, if the features are numbers, one for
#'   each pixel: row by row, one channel after the other.
#'
#' The head is called `fc` in ResNet, `heads.head` in the Vision Transformer, and is the last part of `classifier` in
#' the others. The Vision Transformer's `class_token` is called `encoder.class_token` here; a file may have either
#' name. torchvision's weights need
#' three channels, red, green and blue, with values from 0 to 1, of which `c(0.485, 0.456, 0.406)` has been subtracted
#' and that have been divided by `c(0.229, 0.224, 0.225)`.
#'
#' @section Weights of PyTorch:
#' A state dict of PyTorch, such as a file of torchvision, is converted once, in a shell:
#' ```
#' python3 -c "import torch, safetensors.torch as s; s.save_file(torch.load('resnet18.pth'), 'resnet18.safetensors')"
#' ```
#' [load_weights()] reads such a file, too, for a learner that has been trained, or for any network with these names.
#'
#' @section Errors:
#' Weights of another network: `mlr3libtorch_error_weights`, which names those that are missing, unknown or of another
#' shape. Numbers as features without `shape`: `mlr3libtorch_error_shape`.
#'
#' @family Learner
#' @export
#' @examples
#' # ten pictures of noise, red, green and blue
#' pixels = matrix(runif(10 * 3 * 32 * 32), nrow = 10)
#' task = as_task_classif(data.frame(pixels, y = factor(rep(c("a", "b"), 5))), target = "y")
#' learner = lrn("classif.mobilenet_v3_small", shape = c(NA, 3, 32, 32), epochs = 1,
#'   freeze = select_grep("^features"),
#'   batch_size = 5)
#' learner$train(task)
LearnerTorchVision = R6Class("LearnerTorchVision",
  inherit = LearnerTorch,
  public = list(
    #' @description Makes a learner.
    #' @param network (`character(1)`)\cr
    #'   Which network, such as `"resnet18"`.
    #' @param optimizer ([TorchOptimizer] or `character(1)`)\cr
    #'   The optimizer; Adam unless given.
    #' @param loss ([TorchLoss] or `character(1)`)\cr
    #'   The loss; cross entropy unless given.
    #' @param callbacks (`list()` of [TorchCallback])\cr
    #'   The callbacks.
    initialize = function(network, optimizer = NULL, loss = NULL, callbacks = list()) {
      private$.key = check_vision_key(network)
      super$initialize(id = paste0("classif.", network), task_type = "classif",
        param_set = param_set_like("vision", vision_param_set), label = vision_networks[[network]]$label,
        feature_types = c("integer", "numeric", "lazy_tensor"),
        man = "mlr3libtorch::mlr_learners.vision", optimizer = optimizer, loss = loss, callbacks = callbacks)
    }
  ),

  private = list(
    .key = NULL,

    .ingress_tokens = function(task, param_vals) {
      list(x = new_ingress("ltnsr", shape = picture_shape(param_vals$shape, task, self$id)))
    },

    .network_spec = function(task, param_vals, info) {
      spec = complete_spec(vision_spec(private$.key), private$.resolved(info), task, param_vals, info, self)
      check_patches(input_examples(spec, info)$x$shape, vision_networks[[private$.key]]$patch, self$id)
      prepared_spec(spec, info, param_vals, private$.key, sprintf("Learner '%s'", self$id))
    },

    .parts_identity = function() c(super$.parts_identity(), private$.key)
  )
)

# For roxygen2: the keys, which lie in mlr3's dictionary with those of other packages.
vision_aliases = function() {
  keys = paste0("classif.", names(vision_networks))
  paste("@aliases", c(paste0("mlr_learners_", keys), keys))
}

check_vision_key = function(key) {
  if (!test_string(key) || key %nin% names(vision_networks)) {
    abort_unknown("unknown_name", sprintf("There is no network for pictures %s.", as_short_string(key)),
      as.character(key), names(vision_networks))
  }
  key
}

vision_param_set = function() {
  ps(
    weights = p_checked(check_weights_file, tags = "train"),
    freeze = p_checked(check_freeze, tags = "train"),
    shape = p_checked(check_picture_shape, tags = c("train", "predict"))
  )
}

check_freeze = function(x) if (is.null(x)) TRUE else check_selector(x)

# TRUE, or what is wrong with the parameter.
check_weights_file = function(x) {
  if (!test_string(x, min.chars = 1L, null.ok = TRUE)) {
    return(sprintf("must be the path of a safetensors file, not %s", as_short_string(x)))
  }
  if (!is.null(x) && grepl("[.](pth?|bin)$", x)) {
    return(sprintf("must be a safetensors file, but '%s' is one of PyTorch's; %s", x,
      "convert it as ?mlr_learners.vision says"))
  }
  TRUE
}

check_picture_shape = function(x) {
  fits = is.null(x) || test_integerish(x, lower = 1, len = 4L) && !anyNA(x[-1L])
  if (fits) TRUE else
    sprintf("must be c(NA, channels, height, width), such as c(NA, 3, 32, 32), not %s", as_short_string(x))
}

# NULL for pictures that know their shape.
picture_shape = function(shape, task, id) {
  if (is.null(shape) && "lazy_tensor" %nin% task$feature_types$type) {
    abort("shape", sprintf("Learner '%s': the features of task '%s' are numbers, so a picture's shape is needed; %s.",
      id, task$id, "set it, as in `shape = c(NA, 3, 32, 32)`"))
  }
  shape
}

# Pixels at the border that fill no patch would be left out.
check_patches = function(shape, patch, id) {
  size = utils::tail(shape, 2L)
  if (!is.null(patch) && any(size %% patch != 0)) {
    abort("shape", sprintf("Learner '%s' cuts pictures into patches of %i by %i, but they are %s; resize them, %s.", id,
      as.integer(patch), as.integer(patch), str_collapse(size, sep = " by "), "as by `po(\"trafo_resize\")`"))
  }
}

# The spec with the weights of a file, and without training of those that are frozen.
prepared_spec = function(spec, info, param_vals, key, where) {
  if (is.null(param_vals$weights) && is.null(param_vals$freeze)) {
    return(spec)
  }
  network = build_network(spec, input_examples(spec, info), core_generator_create(1))
  if (!is.null(param_vals$weights)) {
    head = detect(spec$nodes, function(node) node$operation == "head")$id
    spec$weights = weights_of_file(param_vals$weights, key, network, paste0(head, "."), where)
  }
  if (!is.null(param_vals$freeze)) {
    spec$frozen = select_some(param_vals$freeze, names(network$parameters), paste0(where, ", 'freeze'"))
  }
  spec
}

# `head`: what the names of the head's weights begin with. These are left out unless both have the right shape.
weights_of_file = function(path, key, network, head, where) {
  given = read_tensors(path)$tensors
  names(given) = vision_weight_names(key, names(given))
  own = network$state_dict()
  differs = function(name) !identical(as.numeric(given[[name]]$shape), as.numeric(own[[name]]$shape))
  shared = intersect(names(own), names(given))
  of_head = function(names) startsWith(names, head)
  if (any(map_lgl(keep(shared, of_head), differs))) {
    given = given[!of_head(names(given))]
  }
  # older files do not count batches
  needed = discard(names(own), function(name) of_head(name) || endsWith(name, "num_batches_tracked"))
  assert_fitting_weights(list(
    missing = setdiff(needed, names(given)), unknown = setdiff(names(given), names(own)),
    "of another shape" = keep(intersect(shared, names(given)), differs)
  ), path, where)
  usable_weights(given, network$parameters, path)
  given
}

assert_fitting_weights = function(wrong, path, where) {
  wrong = wrong[lengths(wrong) > 0L]
  if (length(wrong)) {
    parts = imap_chr(wrong, function(names, what) {
      sprintf("%i %s (%s)", length(names), what, str_collapse(names, quote = "'", n = 3L))
    })
    abort("weights", sprintf("%s: the weights in '%s' are those of another network: %s. %s", where, path,
      str_collapse(parts, sep = ", "), "Give a file of this network, with torchvision's names."),
      fields = list(weights = unlist(unname(wrong)), path = path))
  }
}
