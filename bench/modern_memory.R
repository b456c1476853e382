# What training takes of memory: the peak of a process of its own above where it stood after a small run, which brings
# in what is loaded once, for this package and PyTorch, on networks of `modern.R`. Writes a table into bench/README.md.
# options: --report (measures nothing), --fused=COMMAND (as in modern.R)
source("bench/measure.R")
source("bench/report.R")

options = program_options(list(report = FALSE, fused = ""))

small_run = "tab_resnet 10"
networks = c("ft_transformer", "tabm", "convolutional", "lstm", "gru", "encoder", "conv1d")

contenders = list(
  compiled = new_contender("Rscript", "bench/contenders/modern.R"),
  pytorch = new_contender("/usr/bin/python3", "bench/contenders/modern.py")
)
if (nzchar(options$fused)) contenders$pytorch_fused = fused_contender(options$fused)

# Megabytes of a process, from what Linux says about it.
memory = function(worker, field) {
  status = readLines(sprintf("/proc/%i/status", worker$process$get_pid()))
  as.numeric(gsub("[^0-9]", "", grep(paste0("^", field, ":"), status, value = TRUE))) / 1024
}

# The highest resident size so far counts anew from here.
reset_peak = function(worker) cat("5", file = sprintf("/proc/%i/clear_refs", worker$process$get_pid()))

peak_of = function(contender, network) {
  worker = start_worker(contender, 1L)
  on.exit(stop_worker(worker))
  ask(worker, small_run)
  before = memory(worker, "VmRSS")
  reset_peak(worker)
  ask(worker, paste(network, 20))
  peak = memory(worker, "VmHWM") - before
  message(sprintf("%-16s %-8s %6.0f MB", network, contender$command, peak))
  peak
}

file = file.path(results_folder, "modern_memory.csv")
if (!options$report) {
  results = CJ(network = networks, contender = names(contenders), sorted = FALSE)
  results[, megabytes := mapply(function(contender, network) peak_of(contenders[[contender]], network), contender,
    network)]
  fwrite(results, file)
}
results = fread(file)
table = dcast(results[, network := factor(network, networks)], network ~ contender, value.var = "megabytes")
table[, network := as.character(network)]
for (other in setdiff(names(contenders), "compiled")) {
  if (other %in% names(table)) table[[paste("compiled /", other)]] = table$compiled / table[[other]]
}
write_section("modern_memory", c(markdown_table(table), "", "Megabytes above a process that has trained `tab_resnet`."))
