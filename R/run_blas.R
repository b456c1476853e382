# Warns of a BLAS that is many times slower than others, once in a session, when something is trained.

report_slow_blas = function() {
  cached("report of the BLAS", function() {
    blas = core_blas()
    if (blas$is_reference) lg$warn(slow_blas_message(blas$library))
    blas
  })
}

slow_blas_message = function(library) paste(slow_blas_problem(library), slow_blas_remedy)

slow_blas_problem = function(library) {
  sprintf(paste("Matrix products are computed by the reference BLAS ('%s'), which makes large networks up to ten times",
    "slower."), library)
}

slow_blas_remedy = "Install another one, on Debian or Ubuntu by `apt-get install libopenblas-dev`, and restart R."
