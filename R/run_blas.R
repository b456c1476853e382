# Warns of a BLAS that is many times slower than it could be, once in a session, when something is trained.

report_slow_blas = function() {
  cached("report of the BLAS", function() {
    blas = core_blas()
    found = slow_blas(blas)
    if (!is.null(found)) lg$warn(paste(found$problem, found$remedy))
    blas
  })
}

# What is wrong with a BLAS, list(problem, remedy), or NULL.
slow_blas = function(blas, vector_units = core_machine()$vector_units) {
  if (blas$is_reference) {
    return(list(
      problem = sprintf(paste("Matrix products are computed by the reference BLAS ('%s'), which makes large networks",
        "up to ten times slower."), blas$library),
      remedy = paste("Install another one, on Debian or Ubuntu by `apt-get install libopenblas-dev`,",
        "and restart R.")
    ))
  }
  if (blas$is_for_old_processor) {
    return(list(
      problem = sprintf(paste("OpenBLAS ('%s') does not know this processor and computes as on a '%s', without %s:",
        "its matrix products take several times as long as they could."), blas$library, blas$processor, vector_units),
      remedy = sprintf("Set the environment variable OPENBLAS_CORETYPE=%s before R is started, or install a newer one.",
        known_processor(vector_units))
    ))
  }
}

# One with these vector units that every OpenBLAS of the last years knows.
known_processor = function(vector_units) if (vector_units == "AVX-512") "SkylakeX" else "Haswell"
