# Seconds. proc.time() moves by milliseconds, in which a small network learns several epochs.
clock = function() as.numeric(Sys.time())
