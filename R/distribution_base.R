# What all distributions have.

#' @title Probability Distributions
#'
#' @name Distribution
#' @description
#' Distributions of tensors, as in the R package torch: `distr_normal()`, `distr_bernoulli()` and the other functions
#' make objects with the fields and methods below. Parameters may be numbers or tensors; they are broadcast, and each
#' of their elements is a distribution of its own. Gradients go through densities and, where `has_rsample` is `TRUE`,
#' through samples drawn by `$rsample()`.
#'
#' @section Fields:
#' * `batch_shape`, `event_shape` (`integer()`): the shape of the parameters, and of a single draw.
#' * `mean`, `variance`, `stddev` (`torch_tensor`).
#' * `has_rsample`, `has_enumerate_support` (`logical(1)`).
#' * The parameters, by their names.
#'
#' @section Methods:
#' * `$sample(sample_shape)`, `$rsample(sample_shape)`: draws of shape `c(sample_shape, batch_shape, event_shape)`, the
#'   second with gradients.
#' * `$log_prob(value)`: the logarithm of density or probability.
#' * `$cdf(value)`, `$icdf(value)`: the distribution function and its inverse.
#' * `$entropy()`, `$perplexity()`.
#' * `$enumerate_support(expand = TRUE)`: all values, along the first dimension.
#' * `$expand(batch_shape)`: the same distribution with parameters of another shape.
#'
#' What a distribution does not have is an error of class `mlr3libtorch_error_config`.
#'
#' @param loc,scale (`numeric()` or `torch_tensor`)\cr
#'   Mean and standard deviation.
#' @param probs,logits (`numeric()` or `torch_tensor`)\cr
#'   Probabilities, or log-odds; for `distr_categorical()`, along the last dimension and up to a factor, or logarithms
#'   of such. Exactly one is given.
#' @param concentration,rate (`numeric()` or `torch_tensor`)\cr
#'   Shape and rate of a gamma distribution; `rate` is the mean of a Poisson distribution.
#' @param df (`numeric()` or `torch_tensor`)\cr
#'   Degrees of freedom.
#' @param covariance_matrix,precision_matrix,scale_tril (`torch_tensor`)\cr
#'   Covariance, its inverse or its lower triangular factor; exactly one is given.
#' @param mixture_distribution (`distr_categorical()`)\cr
#'   How probable each component is.
#' @param component_distribution (`Distribution`)\cr
#'   The components, along the last dimension of its batch.
#' @param validate_args (`logical(1)` or `NULL`)\cr
#'   Whether parameters and values are checked, which takes time; `NULL` for no.
#' @return (`Distribution`).
#' @section Errors:
#' Parameters or values outside of what the distribution knows, if they are checked: `mlr3libtorch_error_argument`.
#' @family Tensor
#' @examples
#' m = distr_normal(loc = 0, scale = 2)
#' m$sample(3)
#' m$log_prob(torch_tensor(1))
#' distr_categorical(probs = torch_tensor(c(1, 1, 2)))$sample(5)
NULL

Distribution = R6Class("torch_Distribution",
  cloneable = FALSE,
  public = list(
    has_rsample = FALSE,
    has_enumerate_support = FALSE,
    initialize = function(parameters, batch_shape, event_shape = integer(), validate_args = NULL) {
      private$.parameters = parameters
      private$.batch_shape = as.integer(batch_shape)
      private$.event_shape = as.integer(event_shape)
      private$.validates = isTRUE(validate_args)
      if (private$.validates) private$.check_parameters()
    },
    sample = function(sample_shape = NULL) with_no_grad(self$rsample(sample_shape)),
    rsample = function(sample_shape = NULL) private$.has_no("rsample"),
    log_prob = function(value) private$.has_no("log_prob"),
    cdf = function(value) private$.has_no("cdf"),
    icdf = function(value) private$.has_no("icdf"),
    entropy = function() private$.has_no("entropy"),
    perplexity = function() self$entropy()$exp(),
    enumerate_support = function(expand = TRUE) private$.has_no("enumerate_support"),
    expand = function(batch_shape) private$.has_no("expand"),
    print = function() {
      catn(sprintf("<%s> batch_shape [%s], event_shape [%s]", class(self)[[1L]], toString(private$.batch_shape),
        toString(private$.event_shape)))
      invisible(self)
    }
  ),
  active = list(
    batch_shape = function(rhs) private$.reading(rhs, "batch_shape", private$.batch_shape),
    event_shape = function(rhs) private$.reading(rhs, "event_shape", private$.event_shape),
    mean = function(rhs) private$.reading(rhs, "mean", private$.has_no("mean")),
    variance = function(rhs) private$.reading(rhs, "variance", private$.has_no("variance")),
    stddev = function(rhs) private$.reading(rhs, "stddev", self$variance$sqrt())
  ),
  private = list(
    .parameters = NULL,
    .batch_shape = NULL,
    .event_shape = NULL,
    .validates = FALSE,
    # What parameters, and values as `value`, must be: words of `constraints`.
    .constraints = list(),
    .reading = function(rhs, name, value) {
      assert_read_only(rhs, name)
      value
    },
    .has_no = function(what) {
      abort("config", sprintf("A %s has no '%s'.", class(self)[[1L]], what))
    },
    .check_parameters = function() {
      iwalk(private$.parameters, function(parameter, name) {
        assert_constraint(parameter, private$.constraints[[name]], name)
      })
    },
    # A value as a tensor of the parameters' type.
    .checked = function(value) {
      like = private$.parameters[[1L]]
      if (!inherits(value, "torch_tensor")) value = torch_tensor(value, dtype = like$dtype, device = like$device)
      if (private$.validates) assert_constraint(value, private$.constraints$value, "value")
      value
    },
    .draw_shape = function(sample_shape) {
      c(as.integer(unlist(sample_shape)), private$.batch_shape, private$.event_shape)
    },
    # For distributions whose parameters all have the shape of the batch.
    .expanded = function(make, batch_shape) {
      parameters = map(private$.parameters, function(parameter) parameter$expand(batch_shape))
      invoke(make, .args = c(parameters, list(validate_args = private$.validates)))
    }
  )
)

# By word: what is checked, as a function of a tensor.
constraints = list(
  "positive" = function(x) x > 0,
  "not negative" = function(x) x >= 0,
  "from 0 to 1" = function(x) (x >= 0)$logical_and(x <= 1),
  "0 or 1" = function(x) (x == 0)$logical_or(x == 1),
  "a whole number from 0" = function(x) (x >= 0)$logical_and(x == x$floor()),
  "a whole number from 1" = function(x) (x >= 1)$logical_and(x == x$floor()),
  "finite" = function(x) x$isfinite()
)

assert_constraint = function(x, constraint, name) {
  if (is.null(constraint)) {
    return(invisible(NULL))
  }
  if (!constraints[[constraint]](x)$all()$item()) {
    abort("argument", sprintf("Each element of '%s' must be %s.", name, constraint), list(argument = name))
  }
}

# Numbers become tensors; all get one shape.
broadcast_parameters = function(...) {
  parameters = list(...)
  like = detect(parameters, inherits, "torch_tensor")
  tensors = map(parameters, function(parameter) {
    if (inherits(parameter, "torch_tensor")) {
      return(parameter)
    }
    if (is.null(like)) {
      return(torch_tensor(as.double(parameter)))
    }
    torch_tensor(as.double(parameter), dtype = like$dtype, device = like$device)
  })
  # A number beside tensors has no dimension of its own.
  numbers = !map_lgl(parameters, inherits, "torch_tensor") & lengths(parameters) == 1L & !is.null(like)
  tensors[numbers] = map(tensors[numbers], function(tensor) tensor$reshape(integer()))
  set_names(torch_broadcast_tensors(unname(tensors)), names(parameters))
}

assert_exactly_one = function(...) {
  given = list(...)
  if (sum(!map_lgl(given, is.null)) != 1L) {
    abort("argument", sprintf("Exactly one of %s must be given.", str_collapse(sprintf("'%s'", names(given)),
      sep = ", ")), list(argument = names(given)[[1L]]))
  }
}
