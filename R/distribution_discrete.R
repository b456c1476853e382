# Distributions of whole numbers: Bernoulli, categorical and Poisson.

# One of `probs` and `logits` is given, the other follows from it.
DistributionBernoulli = R6Class("torch_Bernoulli",
  inherit = Distribution,
  cloneable = FALSE,
  public = list(
    has_enumerate_support = TRUE,
    initialize = function(probs = NULL, logits = NULL, validate_args = NULL) {
      assert_exactly_one(probs = probs, logits = logits)
      parameters = if (is.null(logits)) broadcast_parameters(probs = probs) else broadcast_parameters(logits = logits)
      super$initialize(parameters, dim(parameters[[1L]]), validate_args = validate_args)
    },
    sample = function(sample_shape = NULL) {
      with_no_grad(self$probs$expand(private$.draw_shape(sample_shape))$bernoulli())
    },
    log_prob = function(value) {
      pair = torch_broadcast_tensors(list(self$logits, private$.checked(value)))
      -nnf_binary_cross_entropy_with_logits(pair[[1L]], pair[[2L]]$to(dtype = self$logits$dtype), reduction = "none")
    },
    cdf = function(value) {
      value = private$.checked(value)
      torch_where(value >= 1, torch_ones_like(value), torch_where(value < 0, torch_zeros_like(value), 1 - self$probs))
    },
    entropy = function() nnf_binary_cross_entropy_with_logits(self$logits, self$probs, reduction = "none"),
    enumerate_support = function(expand = TRUE) {
      values = torch_tensor(c(0, 1), dtype = self$probs$dtype, device = self$probs$device)
      values = values$reshape(c(2L, rep(1L, length(private$.batch_shape))))
      if (expand) values$expand(c(2L, private$.batch_shape)) else values
    },
    expand = function(batch_shape) private$.expanded(distr_bernoulli, batch_shape)
  ),
  active = list(
    probs = function(rhs) {
      private$.reading(rhs, "probs", private$.parameters$probs %??% private$.parameters$logits$sigmoid())
    },
    logits = function(rhs) {
      private$.reading(rhs, "logits", private$.parameters$logits %??% inner_probs(private$.parameters$probs)$logit())
    },
    mean = function(rhs) private$.reading(rhs, "mean", self$probs),
    variance = function(rhs) private$.reading(rhs, "variance", self$probs * (1 - self$probs))
  ),
  private = list(.constraints = list(probs = "from 0 to 1", value = "0 or 1"))
)

# Probabilities that have a finite logarithm.
inner_probs = function(probs) {
  eps = torch_finfo(probs$dtype)$eps
  probs$clamp(eps, 1 - eps)
}

#' @rdname Distribution
#' @export
distr_bernoulli = function(probs = NULL, logits = NULL, validate_args = NULL) {
  DistributionBernoulli$new(probs, logits, validate_args)
}

DistributionCategorical = R6Class("torch_Categorical",
  inherit = Distribution,
  cloneable = FALSE,
  public = list(
    has_enumerate_support = TRUE,
    initialize = function(probs = NULL, logits = NULL, validate_args = NULL) {
      assert_exactly_one(probs = probs, logits = logits)
      given = broadcast_parameters(given = probs %??% logits)$given
      shape = dim(given)
      if (length(shape) == 0L) {
        abort("shape", "The probabilities of a categorical distribution need a dimension.")
      }
      private$.is_probs = is.null(logits)
      private$.classes = shape[[length(shape)]]
      parameters = if (private$.is_probs) list(probs = given) else list(logits = given$log_softmax(-1))
      super$initialize(parameters, shape[-length(shape)], validate_args = validate_args)
      if (private$.is_probs) private$.parameters$probs = given / given$sum(-1, keepdim = TRUE)
    },
    sample = function(sample_shape = NULL) {
      sample_shape = as.integer(unlist(sample_shape))
      rows = self$probs$reshape(c(-1L, private$.classes))
      draws = with_no_grad(torch_multinomial(rows, prod(sample_shape), replacement = TRUE))
      draws$t()$reshape(private$.draw_shape(sample_shape))
    },
    log_prob = function(value) {
      value = private$.checked(value)$to(dtype = "int64")$unsqueeze(-1)
      pair = torch_broadcast_tensors(list(value, self$logits))
      pair[[2L]]$gather(-1, pair[[1L]]$narrow(-1, 1, 1))$squeeze(-1)
    },
    entropy = function() -(self$probs * self$logits)$sum(-1),
    enumerate_support = function(expand = TRUE) {
      values = torch_tensor(seq_len(private$.classes), device = self$probs$device)
      values = values$reshape(c(private$.classes, rep(1L, length(private$.batch_shape))))
      if (expand) values$expand(c(private$.classes, private$.batch_shape)) else values
    },
    expand = function(batch_shape) private$.expanded(distr_categorical, c(batch_shape, private$.classes))
  ),
  active = list(
    probs = function(rhs) private$.reading(rhs, "probs", private$.parameters$probs %??% self$logits$exp()),
    logits = function(rhs) {
      private$.reading(rhs, "logits", private$.parameters$logits %??% inner_probs(private$.parameters$probs)$log())
    },
    # Classes are not numbers.
    mean = function(rhs) private$.reading(rhs, "mean", private$.not_a_number()),
    variance = function(rhs) private$.reading(rhs, "variance", private$.not_a_number())
  ),
  private = list(
    .is_probs = NULL,
    .classes = NULL,
    .constraints = list(probs = "not negative", value = "a whole number from 1"),
    .not_a_number = function() {
      torch_full(private$.batch_shape, NaN, dtype = self$probs$dtype, device = self$probs$device)
    }
  )
)

#' @rdname Distribution
#' @export
distr_categorical = function(probs = NULL, logits = NULL, validate_args = NULL) {
  DistributionCategorical$new(probs, logits, validate_args)
}

DistributionPoisson = R6Class("torch_Poisson",
  inherit = Distribution,
  cloneable = FALSE,
  public = list(
    initialize = function(rate, validate_args = NULL) {
      parameters = broadcast_parameters(rate = rate)
      super$initialize(parameters, dim(parameters$rate), validate_args = validate_args)
    },
    sample = function(sample_shape = NULL) {
      with_no_grad(self$rate$expand(private$.draw_shape(sample_shape))$poisson())
    },
    log_prob = function(value) {
      value = private$.checked(value)
      value$xlogy(self$rate) - self$rate - (value + 1)$lgamma()
    },
    cdf = function(value) {
      value = private$.checked(value)$floor()
      below = torch_call("special_gammaincc", value$clamp_min(0) + 1, self$rate)
      torch_where(value < 0, torch_zeros_like(below), below)
    },
    expand = function(batch_shape) private$.expanded(distr_poisson, batch_shape)
  ),
  active = list(
    rate = function(rhs) private$.reading(rhs, "rate", private$.parameters$rate),
    mean = function(rhs) private$.reading(rhs, "mean", self$rate),
    variance = function(rhs) private$.reading(rhs, "variance", self$rate)
  ),
  private = list(.constraints = list(rate = "not negative", value = "a whole number from 0"))
)

#' @rdname Distribution
#' @export
distr_poisson = function(rate, validate_args = NULL) DistributionPoisson$new(rate, validate_args)
