# A BLAS that is many times slower than others is named, once in a session, when something is trained.

report_slow_blas = function() {
  cached("report of the BLAS", function() {
    blas = core_blas()
    if (blas$is_reference) lg$warn(slow_blas_message(blas$library))
    blas
  })
}

slow_blas_message = function(library) {
  sprintf(paste("Matrix products are made by the reference BLAS ('%s'), which makes large networks up to ten times",
    "slower. Install another one, on Debian or Ubuntu by `apt-get install libopenblas-dev`, and start R again."),
    library)
}
