# Said now, so that it is not among what a test captures; and not by processes that tests start.
blas = report_slow_blas()
if (blas$is_for_old_processor) {
  withr::local_envvar(OPENBLAS_CORETYPE = known_processor(core_machine()$vector_units),
    .local_envir = teardown_env())
}
