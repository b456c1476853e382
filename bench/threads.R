# Whether two threads ever make this package slower than one: each cell with both, in turn.
# options: --repetitions=5, --quick,
#   --cells=PATTERN (measures only cells whose names match, and keeps the stored measurements of the others)
source("bench/cells.R")
source("bench/measure.R")
source("bench/report.R")

options = program_options(list(repetitions = "5", quick = FALSE, cells = ""))
repetitions = if (options$quick) 2L else as.integer(options$repetitions)
cells = if (options$quick) quick_cells() else rbind(paper_cells(5L), tabular_cells(2L), use.names = TRUE)
# Without hidden layers the width means nothing; once is enough here.
cells = cells[!(group == "paper" & layers == 0L & width > 100L)]
cells = cells[grepl(options$cells, cell)]
both = rbindlist(lapply(1:2, function(n) copy(cells)[, threads := n]))
both = both[order(rep(seq_len(nrow(cells)), times = 2L))]

results = measure(both, list(mlr3libtorch = new_contender("Rscript", "bench/contenders/mlr3libtorch.R")), repetitions)
if (nzchar(options$cells)) results = with_stored(results, "threads")
wide = dcast(results, factor(cell, unique(cell)) ~ threads, value.var = "microseconds", fun.aggregate = median)
setnames(wide, c("cell", "one thread, us", "two threads, us"))
wide[, ratio := `two threads, us` / `one thread, us`]
lines = c(
  sprintf("The largest ratio is %.2f; at most 1.1 is the target.", max(wide$ratio)), "",
  markdown_table(wide), "", provenance(repetitions))
if (options$quick) {
  writeLines(lines)
} else {
  write_results(results, "threads")
  write_section("threads", lines)
}
