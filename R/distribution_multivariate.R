# Distributions of vectors, and mixtures.

DistributionMultivariateNormal = R6Class("torch_MultivariateNormal",
  inherit = Distribution,
  cloneable = FALSE,
  public = list(
    has_rsample = TRUE,
    initialize = function(loc, covariance_matrix = NULL, precision_matrix = NULL, scale_tril = NULL,
      validate_args = NULL) {
      assert_exactly_one(covariance_matrix = covariance_matrix, precision_matrix = precision_matrix,
        scale_tril = scale_tril)
      matrix = covariance_matrix %??% precision_matrix %??% scale_tril
      assert_vector_and_matrix(loc, matrix)
      if (!is.null(covariance_matrix)) scale_tril = linalg_cholesky(matrix)
      if (!is.null(precision_matrix)) scale_tril = linalg_cholesky(linalg_inv(matrix))
      # The shapes before the last dimensions are broadcast.
      pair = torch_broadcast_tensors(list(loc$unsqueeze(-1), scale_tril))
      loc = pair[[1L]]$select(-1, 1)
      shape = dim(loc)
      event = shape[[length(shape)]]
      super$initialize(list(loc = loc, scale_tril = pair[[2L]]), shape[-length(shape)], event, validate_args)
    },
    rsample = function(sample_shape = NULL) {
      noise = torch_randn(private$.draw_shape(sample_shape), dtype = self$loc$dtype, device = self$loc$device)
      self$loc + self$scale_tril$matmul(noise$unsqueeze(-1))$squeeze(-1)
    },
    log_prob = function(value) {
      difference = (private$.checked(value) - self$loc)$unsqueeze(-1)
      # The factor is repeated for all draws, since the operation does not broadcast in every LibTorch.
      size = dim(difference)
      n = size[[length(size) - 1L]]
      factor = self$scale_tril$expand(c(size[seq_len(length(size) - 2L)], n, n))
      z = linalg_solve_triangular(factor, difference, upper = FALSE)$squeeze(-1)
      -0.5 * (n * log(2 * pi) + (z^2)$sum(-1)) - private$.half_log_det()
    },
    entropy = function() 0.5 * private$.event_shape * (1 + log(2 * pi)) + private$.half_log_det(),
    expand = function(batch_shape) {
      n = private$.event_shape
      distr_multivariate_normal(self$loc$expand(c(batch_shape, n)),
        scale_tril = self$scale_tril$expand(c(batch_shape, n, n)), validate_args = private$.validates)
    }
  ),
  active = list(
    loc = function(rhs) private$.reading(rhs, "loc", private$.parameters$loc),
    scale_tril = function(rhs) private$.reading(rhs, "scale_tril", private$.parameters$scale_tril),
    covariance_matrix = function(rhs) {
      private$.reading(rhs, "covariance_matrix", self$scale_tril$matmul(self$scale_tril$transpose(-2, -1)))
    },
    precision_matrix = function(rhs) {
      private$.reading(rhs, "precision_matrix", linalg_inv(self$covariance_matrix))
    },
    mean = function(rhs) private$.reading(rhs, "mean", self$loc),
    variance = function(rhs) private$.reading(rhs, "variance", (self$scale_tril^2)$sum(-1))
  ),
  private = list(
    .constraints = list(loc = "finite", scale_tril = "finite", value = "finite"),
    .half_log_det = function() self$scale_tril$diagonal(dim1 = -2, dim2 = -1)$log()$sum(-1)
  )
)

assert_vector_and_matrix = function(loc, matrix) {
  size = utils::tail(dim(matrix), 2L)
  if (length(dim(loc)) < 1L || length(dim(matrix)) < 2L || any(size != utils::tail(dim(loc), 1L))) {
    abort("shape", sprintf("'loc' must have the shape [..., n], its matrix [..., n, n], not [%s] and [%s].",
      toString(dim(loc)), toString(dim(matrix))))
  }
}

#' @rdname Distribution
#' @export
distr_multivariate_normal = function(loc, covariance_matrix = NULL, precision_matrix = NULL, scale_tril = NULL,
  validate_args = NULL) {
  DistributionMultivariateNormal$new(loc, covariance_matrix, precision_matrix, scale_tril, validate_args)
}

DistributionMixture = R6Class("torch_MixtureSameFamily",
  inherit = Distribution,
  cloneable = FALSE,
  public = list(
    initialize = function(mixture_distribution, component_distribution, validate_args = NULL) {
      assert_mixture(mixture_distribution, component_distribution)
      private$.mixture = mixture_distribution
      private$.components = component_distribution
      batch = component_distribution$batch_shape
      super$initialize(list(probs = mixture_distribution$probs), batch[-length(batch)],
        component_distribution$event_shape, validate_args)
    },
    sample = function(sample_shape = NULL) {
      with_no_grad({
        draws = private$.components$sample(sample_shape)
        chosen = private$.mixture$expand(private$.batch_shape)$sample(sample_shape)
        events = length(private$.event_shape)
        at = length(dim(draws)) - events
        places = chosen$reshape(c(dim(chosen), rep(1L, events + 1L)))
        places = places$expand(c(dim(chosen), 1L, private$.event_shape))
        draws$gather(at, places)$squeeze(at)
      })
    },
    log_prob = function(value) {
      own = private$.components$log_prob(private$.beside_components(private$.checked(value)))
      (own + private$.mixture$logits)$logsumexp(-1)
    },
    cdf = function(value) {
      own = private$.components$cdf(private$.beside_components(private$.checked(value)))
      (own * private$.mixture$probs)$sum(-1)
    },
    expand = function(batch_shape) {
      components = utils::tail(private$.components$batch_shape, 1L)
      distr_mixture_same_family(private$.mixture$expand(batch_shape),
        private$.components$expand(c(batch_shape, components)), private$.validates)
    }
  ),
  active = list(
    mixture_distribution = function(rhs) private$.reading(rhs, "mixture_distribution", private$.mixture),
    component_distribution = function(rhs) private$.reading(rhs, "component_distribution", private$.components),
    mean = function(rhs) private$.reading(rhs, "mean", private$.over_components(private$.components$mean)),
    variance = function(rhs) {
      private$.reading(rhs, "variance", private$.over_components(
        private$.components$variance + (private$.components$mean - private$.beside_components(self$mean))^2))
    }
  ),
  private = list(
    .mixture = NULL,
    .components = NULL,
    .beside_components = function(value) value$unsqueeze(-1L - length(private$.event_shape)),
    # The mean of something that each component has.
    .over_components = function(x) {
      events = length(private$.event_shape)
      probs = private$.mixture$probs
      weights = probs$reshape(c(dim(probs), rep(1L, events)))
      (x * weights)$sum(-1L - events)
    }
  )
)

assert_mixture = function(mixture, components) {
  if (!inherits(mixture, "torch_Categorical")) {
    abort("argument", "'mixture_distribution' must be a distr_categorical().", list(argument = "mixture_distribution"))
  }
  if (!inherits(components, "torch_Distribution")) {
    abort("argument", "'component_distribution' must be a distribution, made by one of the functions `distr_...()`.",
      list(argument = "component_distribution"))
  }
  shape = dim(mixture$probs)
  batch = components$batch_shape
  if (length(batch) == 0L || batch[[length(batch)]] != shape[[length(shape)]]) {
    abort("shape", sprintf("There are %i probabilities, but the components have the batch shape [%s].",
      shape[[length(shape)]], toString(batch)))
  }
}

#' @rdname Distribution
#' @export
distr_mixture_same_family = function(mixture_distribution, component_distribution, validate_args = NULL) {
  DistributionMixture$new(mixture_distribution, component_distribution, validate_args)
}
