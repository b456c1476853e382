test_that("a slow BLAS is named when something is trained, and no other", {
  reference = Sys.glob("/usr/lib/*/blas/libblas.so.3")
  logged = function(preload = "", processor = "") {
    callr::r(function() {
      library(mlr3libtorch)
      lines = character()
      logger = lgr::get_logger("mlr3/mlr3libtorch")
      logger$add_filter(function(event) {
        lines <<- c(lines, event$msg)
        FALSE
      })
      for (i in 1:2) lrn("regr.mlp", epochs = 1, batch_size = 8)$train(tsk("mtcars"))
      list(lines = lines, blas = mlr3libtorch:::core_blas())
    }, env = c(callr::rcmd_safe_env(), LD_PRELOAD = preload, OPENBLAS_CORETYPE = processor))
  }
  usual = logged()
  expect_string(usual$blas$library, min.chars = 1L)
  expect_equal(length(usual$lines), as.integer(usual$blas$is_reference || usual$blas$is_for_old_processor))
  for (library in reference) {
    slow = logged(library)
    expect_true(slow$blas$is_reference)
    expect_length(slow$lines, 1L)
    expect_match(slow$lines, "reference BLAS .*libblas.*apt-get install libopenblas-dev")
  }
  has_avx2 = mlr3libtorch_sitrep()$vector_units != "baseline"
  if (has_avx2 && nzchar(usual$blas$processor)) {
    old = logged(processor = "Prescott")
    expect_true(old$blas$is_for_old_processor)
    expect_match(old$lines, "OpenBLAS .* does not know .* 'Prescott', without AVX.*OPENBLAS_CORETYPE=")
    fit = logged(processor = "Haswell")
    expect_false(fit$blas$is_for_old_processor)
    expect_length(fit$lines, 0L)
  }
})
