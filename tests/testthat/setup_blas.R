# Said now, so that it is not among what a test captures.
report_slow_blas()
