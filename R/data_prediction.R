# From a network's output to what mlr3 calls a prediction.

# y_hat: tensor of shape (rows, outputs). Returns list(response) and, if it is asked for, `prob`.
encode_classif = function(y_hat, class_names, predict_type) {
  check_class_names(y_hat, class_names)
  prediction = core_class_predictions(y_hat, length(class_names), predict_type == "prob")
  prediction$response = structure(prediction$response, levels = class_names, class = "factor")
  if (predict_type == "prob") colnames(prediction$prob) = class_names
  prediction
}

# `encoded` as mlr3's data of a prediction. mlr3 goes through probabilities row by row, which is most of the time that a
# prediction takes, so those that were made here, of classes in the task's order, are not checked again.
checked_prediction_data = function(encoded, task, private, class_names, row_ids = task$row_ids) {
  is_made_here = inherits(task, "TaskClassif") && private$.has_inherited(".encode_prediction") &&
    identical(class_names, task$class_names)
  as_prediction_data(encoded, task, row_ids, check = !is_made_here)
}

# The names come from the model, which may have been changed by hand.
check_class_names = function(y_hat, class_names) {
  outputs = if (length(class_names) == 2L) 1L else length(class_names)
  if (y_hat$numel() != outputs * y_hat$shape[[1L]]) {
    abort("model", sprintf("The model is damaged: it names %i classes, but its network has an output of shape %s.",
      length(class_names), shape_text(y_hat$shape[-1L])))
  }
}

# y_hat: tensor of shape (rows, outputs). `outputs`: what they stand for, see `core_loss_outputs()`.
# `response_quantile`: the probability of the quantile that is the response. Returns list(response) and, if they are
# asked for, `se` or `quantiles`.
encode_regr = function(y_hat, outputs, predict_type = "response", response_quantile = NULL) {
  values = as.array(y_hat)
  switch(outputs$meaning,
    value = list(response = as.matrix(values)[, 1L]),
    log_value = list(response = exp(as.matrix(values)[, 1L])),
    mean_and_log_variance = list(response = values[, 1L], se = if (predict_type == "se") exp(values[, 2L] / 2)),
    quantiles = encode_quantiles(values, outputs$quantiles, predict_type, response_quantile)
  )
}

# The same for a list of draws; probabilities are averaged.
encode_classif_draws = function(draws, class_names, predict_type) {
  prob = Reduce(`+`, map(draws, function(y_hat) encode_classif(y_hat, class_names, "prob")$prob)) / length(draws)
  response = factor(class_names[first_maximum(prob)], levels = class_names)
  if (predict_type == "prob") list(response = response, prob = prob) else list(response = response)
}

# The same for a list of draws. Their variance and the variance that the network predicts add up.
encode_regr_draws = function(draws, outputs, predict_type = "response", response_quantile = NULL) {
  values = map(draws, function(y_hat) as.matrix(as.array(y_hat)))
  if (outputs$meaning == "log_value") values = map(values, exp)
  means = Reduce(`+`, values) / length(values)
  if (outputs$meaning == "quantiles") {
    return(encode_quantiles(means, outputs$quantiles, predict_type, response_quantile))
  }
  response = means[, 1L]
  if (predict_type != "se") {
    return(list(response = response))
  }
  variance = Reduce(`+`, map(values, function(value) (value[, 1L] - response)^2)) / (length(values) - 1L)
  if (outputs$meaning == "mean_and_log_variance") {
    variance = variance + Reduce(`+`, map(values, function(value) exp(value[, 2L]))) / length(values)
  }
  list(response = response, se = sqrt(variance))
}

encode_quantiles = function(values, probabilities, predict_type, response_quantile) {
  middle = nearest_quantile(probabilities, response_quantile)
  if (predict_type != "quantiles") {
    return(list(response = values[, middle]))
  }
  increasing = order(probabilities)
  list(quantiles = structure(values[, increasing, drop = FALSE], probs = probabilities[increasing],
    response = probabilities[[middle]]))
}

# The position of the quantile that is the response.
nearest_quantile = function(probabilities, response_quantile) {
  which.min(abs(probabilities - (response_quantile %??% 0.5)))
}

# The first of equal maxima, so that a tie is always decided in the same way; NA if a row is not all numbers.
first_maximum = function(x) {
  column = max.col(x, ties.method = "first")
  column[is.na(rowSums(x))] = NA_integer_
  column
}

# The outputs of shape (rows, outputs). `y_hat`: a tensor, or a list of several draws of it.
row_outputs = function(y_hat, meaning, encoding) {
  if (!encoding$averages_members) {
    return(y_hat)
  }
  if (!inherits(y_hat, "torch_tensor")) {
    return(map(y_hat, average_members, meaning = meaning))
  }
  average_members(y_hat, meaning)
}

# From (rows, members, outputs) to (rows, outputs), the encoding of the members' average: of probabilities, whose mean
# becomes logits again by the logarithm, likewise for values with a logarithm, of moments, or of values.
average_members = function(y_hat, meaning) {
  switch(meaning,
    logits = average_logits(y_hat),
    log_value = y_hat$logsumexp(2L) - log(y_hat$shape[[2L]]),
    mean_and_log_variance = average_moments(y_hat),
    y_hat$mean(2L)
  )
}

average_logits = function(y_hat) {
  if (y_hat$shape[[3L]] > 1L) {
    return(y_hat$log_softmax(3L)$logsumexp(2L))
  }
  y_hat$log_sigmoid()$logsumexp(2L) - (-y_hat)$log_sigmoid()$logsumexp(2L)
}

# The variance of a mixture is the mean of the variances plus the variance of the means.
average_moments = function(y_hat) {
  mean = y_hat[, , 1L]
  within = y_hat[, , 2L]$exp()$mean(2L)
  among = mean$var(2L, unbiased = FALSE)
  torch_stack(list(mean$mean(2L), (within + among)$log()), 2L)
}
