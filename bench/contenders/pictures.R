# Pictures in this package: a cell is "files" or "digits", see bench/pictures.R, which says where the files lie.
source("bench/contenders/serve.R")
source("bench/pictures_learners.R")

folder = commandArgs(trailingOnly = TRUE)[1]
parse_cell = function(line) line

serve(function(cell) {
  task = picture_task(cell, folder)
  learner = picture_learner(cell)
  function() learner$train(task)
})
