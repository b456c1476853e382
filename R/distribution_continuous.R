# Distributions with a density: normal, gamma and chi-squared.

DistributionNormal = R6Class("torch_Normal",
  inherit = Distribution,
  cloneable = FALSE,
  public = list(
    has_rsample = TRUE,
    initialize = function(loc, scale, validate_args = NULL) {
      parameters = broadcast_parameters(loc = loc, scale = scale)
      super$initialize(parameters, dim(parameters$loc), validate_args = validate_args)
    },
    rsample = function(sample_shape = NULL) {
      noise = torch_randn(private$.draw_shape(sample_shape), dtype = self$loc$dtype, device = self$loc$device)
      self$loc + noise * self$scale
    },
    log_prob = function(value) {
      z = (private$.checked(value) - self$loc) / self$scale
      -0.5 * z^2 - self$scale$log() - log(2 * pi) / 2
    },
    cdf = function(value) ((private$.checked(value) - self$loc) / self$scale)$special_ndtr(),
    icdf = function(value) self$loc + self$scale * private$.checked(value)$special_ndtri(),
    entropy = function() 0.5 + 0.5 * log(2 * pi) + self$scale$log(),
    expand = function(batch_shape) private$.expanded(distr_normal, batch_shape)
  ),
  active = list(
    loc = function(rhs) private$.reading(rhs, "loc", private$.parameters$loc),
    scale = function(rhs) private$.reading(rhs, "scale", private$.parameters$scale),
    mean = function(rhs) private$.reading(rhs, "mean", self$loc),
    variance = function(rhs) private$.reading(rhs, "variance", self$scale^2)
  ),
  private = list(.constraints = list(loc = "finite", scale = "positive"))
)

#' @rdname Distribution
#' @export
distr_normal = function(loc, scale, validate_args = NULL) DistributionNormal$new(loc, scale, validate_args)

DistributionGamma = R6Class("torch_Gamma",
  inherit = Distribution,
  cloneable = FALSE,
  public = list(
    has_rsample = TRUE,
    initialize = function(concentration, rate, validate_args = NULL) {
      parameters = broadcast_parameters(concentration = concentration, rate = rate)
      super$initialize(parameters, dim(parameters$rate), validate_args = validate_args)
    },
    rsample = function(sample_shape = NULL) {
      draws = torch_call("_standard_gamma", self$concentration$expand(private$.draw_shape(sample_shape)))
      # at least the smallest number, so that each draw has a density
      (draws / self$rate)$clamp_min(torch_finfo(self$rate$dtype)$tiny)
    },
    log_prob = function(value) {
      value = private$.checked(value)
      # xlogy, so that a value of 0 has the density of an exponential distribution if that is what it is
      powers = (self$concentration - 1)$xlogy(value)
      self$concentration$xlogy(self$rate) + powers - self$rate * value - self$concentration$lgamma()
    },
    cdf = function(value) torch_call("special_gammainc", self$concentration, self$rate * private$.checked(value)),
    entropy = function() {
      shape = self$concentration
      shape - self$rate$log() + shape$lgamma() + (1 - shape) * shape$digamma()
    },
    expand = function(batch_shape) private$.expanded(distr_gamma, batch_shape)
  ),
  active = list(
    concentration = function(rhs) private$.reading(rhs, "concentration", private$.parameters$concentration),
    rate = function(rhs) private$.reading(rhs, "rate", private$.parameters$rate),
    mean = function(rhs) private$.reading(rhs, "mean", self$concentration / self$rate),
    variance = function(rhs) private$.reading(rhs, "variance", self$concentration / self$rate^2)
  ),
  private = list(.constraints = list(concentration = "positive", rate = "positive", value = "not negative"))
)

#' @rdname Distribution
#' @export
distr_gamma = function(concentration, rate, validate_args = NULL) {
  DistributionGamma$new(concentration, rate, validate_args)
}

DistributionChi2 = R6Class("torch_Chi2",
  inherit = DistributionGamma,
  cloneable = FALSE,
  public = list(
    initialize = function(df, validate_args = NULL) {
      df = broadcast_parameters(df = df)$df
      super$initialize(df / 2, torch_full_like(df, 0.5), validate_args)
    },
    expand = function(batch_shape) distr_chi2(self$df$expand(batch_shape), private$.validates)
  ),
  active = list(
    df = function(rhs) private$.reading(rhs, "df", self$concentration * 2)
  )
)

#' @rdname Distribution
#' @export
distr_chi2 = function(df, validate_args = NULL) DistributionChi2$new(df, validate_args)
