# Each expectation goes from a worker to the main process with its file's source: the parse data would make it ten times
# as large, and the main process 16 GB.
options(keep.parse.data = FALSE)
