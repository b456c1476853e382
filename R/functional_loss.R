# Losses that are several operations, or whose input is looked at first.

# Two shapes that are not the same but fit by broadcasting, [n] and [n, 1], are nearly always a mistake.
warn_broadcast = function(input, target) {
  shapes = list(dim(input), dim(target))
  if (!identical(shapes[[1L]], shapes[[2L]])) {
    words = map_chr(shapes, function(shape) sprintf("[%s]", toString(shape)))
    warn("broadcast", sprintf(
      "The input has the shape %s, the target %s; they are broadcast, so each row may meet every other one.",
      words[[1L]], words[[2L]]), fields = list(input = shapes[[1L]], target = shapes[[2L]]))
  }
}

#' @rdname torch_functional
#' @export
nnf_mse_loss = function(input, target, reduction = "mean") {
  warn_broadcast(input, target)
  torch_call("mse_loss", input, target, reduction = reduction_number(reduction))
}

#' @rdname torch_functional
#' @export
nnf_l1_loss = function(input, target, reduction = "mean") {
  warn_broadcast(input, target)
  torch_call("l1_loss", input, target, reduction = reduction_number(reduction))
}

#' @rdname torch_functional
#' @export
nnf_smooth_l1_loss = function(input, target, reduction = "mean") {
  warn_broadcast(input, target)
  torch_call("smooth_l1_loss", input, target, reduction = reduction_number(reduction))
}

#' @rdname torch_functional
#' @export
nnf_kl_div = function(input, target, reduction = "mean") {
  if (identical(reduction, "batchmean")) {
    return(torch_call("kl_div", input, target, reduction = reduction_numbers[["sum"]]) / dim(input)[[1L]])
  }
  number = reduction_number(reduction, known = c(names(reduction_numbers), "batchmean"))
  torch_call("kl_div", input, target, reduction = number)
}

reduced = function(losses, reduction) {
  switch(names(reduction_numbers)[[reduction_number(reduction) + 1L]],
    none = losses,
    mean = losses$mean(),
    sum = losses$sum()
  )
}

#' @rdname torch_functional
#' @export
nnf_multilabel_soft_margin_loss = function(input, target, weight = NULL, reduction = "mean") {
  losses = -(target * nnf_logsigmoid(input) + (1 - target) * nnf_logsigmoid(-input))
  if (!is.null(weight)) losses = losses * weight
  reduced(losses$mean(-1), reduction)
}

#' @rdname torch_functional
#' @param distance_function (`function` or `NULL`)\cr
#'   The distance of two tensors, row by row; `NULL` for [nnf_pairwise_distance()].
#' @param margin (`numeric(1)`)\cr
#'   The distance beyond which a pair costs nothing.
#' @param swap (`logical(1)`)\cr
#'   Whether the negative is compared with the nearer of `anchor` and `positive`.
#' @export
nnf_triplet_margin_with_distance_loss = function(anchor, positive, negative, distance_function = NULL, margin = 1,
  swap = FALSE, reduction = "mean") {
  distance = distance_function %??% nnf_pairwise_distance
  near = distance(anchor, positive)
  far = distance(anchor, negative)
  if (swap) far = torch_minimum(far, distance(positive, negative))
  reduced((near - far + margin)$clamp_min(0), reduction)
}

#' @rdname torch_functional
#' @param log_probs (`torch_tensor`)\cr
#'   Logarithms of probabilities: `[time, batch, labels]`.
#' @param targets (`torch_tensor`)\cr
#'   The labels, counted from 0: `[batch, length]`, or one after the other. If the blank comes first, as usual, it has
#'   the number 0 and the others count from 1.
#' @param input_lengths,target_lengths (`torch_tensor` or `integer()`)\cr
#'   How many entries of each sequence count.
#' @param blank (`integer(1)`)\cr
#'   The label of the blank.
#' @param zero_infinity (`logical(1)`)\cr
#'   Whether infinite losses, of inputs that are too short, become zero.
#' @export
nnf_ctc_loss = function(log_probs, targets, input_lengths, target_lengths, blank = 0,
  reduction = c("mean", "sum", "none"), zero_infinity = FALSE) {
  last = log_probs$shape[[log_probs$ndim]] - 1L
  if (!inherits(targets, "torch_tensor")) targets = torch_tensor(targets, dtype = torch_long())
  outside = targets$numel() > 0L && !(targets$min()$item() >= 0 && targets$max()$item() <= last)
  if (outside || !test_int(blank, lower = 0, upper = last)) {
    abort("argument", sprintf("nnf_ctc_loss(): labels and the blank must be numbers from 0 to %i, %s.", last,
      "one less than `log_probs` has labels"), fields = list(argument = "targets"))
  }
  # The operation counts labels from 1.
  torch_call("ctc_loss", log_probs, targets + 1L, input_lengths, target_lengths, blank = blank + 1,
    reduction = reduction_number(reduction), zero_infinity = zero_infinity)
}

#' @rdname torch_functional
#' @export
nnf_area_under_min_fpr_fnr = function(input, target) {
  scores = input$flatten()
  is_positive = if (target$dtype == "bool") target$flatten() else target$flatten() == 2
  order = scores$detach()$argsort()
  sorted = scores[order]
  positive = is_positive$to(dtype = scores$dtype)[order]
  negative = 1 - positive
  # With the threshold behind the i-th score, positives up to it are missed and negatives behind it are false alarms.
  missed = positive$cumsum(1) / positive$sum()
  alarms = 1 - negative$cumsum(1) / negative$sum()
  n = scores$numel()
  if (n < 2L) {
    return(scores$sum() * 0)
  }
  widths = sorted$narrow(1, 2, n - 1L) - sorted$narrow(1, 1, n - 1L)
  (widths * torch_minimum(missed, alarms)$narrow(1, 1, n - 1L))$sum()
}
