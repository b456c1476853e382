# Every function that R may call in the C++ code, found in the namespace, so that new ones are covered at once.
exports = function() {
  names = ls(asNamespace("mlr3libtorch"), pattern = "^core_")
  keep(set_names(mget(names, envir = asNamespace("mlr3libtorch")), names), is.function)
}

nonsense = function() {
  list(
    null = NULL, na = NA, na_number = NA_real_, na_integer = NA_integer_, na_string = NA_character_, nan = NaN,
    inf = Inf, minus_inf = -Inf, huge = 1e300, large = 2^53, negative = -1, fraction = 0.5, zero = 0, integer = 3L,
    true = TRUE, string = "banana", empty_string = "", strings = c("a", "b"), numbers = c(1, 2), empty = numeric(),
    empty_list = list(), no_names = list(1, "a"), named = list(a = 1), nested = list(list(list())),
    half_named = list(a = 1, 2), matrix = matrix(1, 2, 2), factor = factor("a"), frame = data.frame(a = 1),
    function_value = mean, symbol = quote(a), environment = new.env(), pointer = methods::new("externalptr"),
    dead_tensor = unserialize(serialize(torch_zeros(1), NULL)), tensor = torch_zeros(2, 3),
    plain = core_tensor_to_plain(torch_zeros(1)),
    broken_plain = structure(list(dtype = "float32", shape = 1e15, data = raw()), class = "torch_tensor_data")
  )
}

outcome = function(f, arguments) {
  tryCatch({
    do.call(f, arguments, quote = TRUE)
    "value"
  }, mlr3libtorch_error = function(condition) "classed error",
  error = function(condition) paste("unclassed error:", conditionMessage(condition)))
}

test_that("no export crashes or fails without a class, whatever it is given", {
  withr::local_dir(withr::local_tempdir())
  state = torch_get_rng_state()
  withr::defer({
    torch_set_rng_state(state)
    core_grad_mode(TRUE)
    core_anomaly_mode(FALSE)
  })
  values = nonsense()
  functions = exports()
  for (name in names(functions)) {
    f = functions[[name]]
    count = length(formals(f))
    if (count == 0L) next
    same = lapply(values, function(value) rep(list(value), count))
    mixed = withr::with_seed(1, lapply(1:100, function(i) values[sample(length(values), count, replace = TRUE)]))
    for (arguments in c(same, mixed)) {
      result = outcome(f, unname(arguments))
      if (!result %in% c("value", "classed error")) {
        shown = toString(vapply(arguments, function(x) class(x)[[1L]], character(1)))
        fail(sprintf("%s(%s): %s", name, shown, result))
      }
    }
    succeed()
  }
})
