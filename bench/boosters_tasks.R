# Tasks on which boosted trees are hard to beat, of 20,000 to 100,000 rows, from CRAN packages. As in the benchmarks of
# the papers on tabular networks, the logarithm of the price of diamonds is predicted.

booster_tasks = list(
  # 53,940 rows, 6 numbers, 3 ordered factors
  diamonds = function() {
    data = as.data.frame(ggplot2::diamonds)
    data$price = log(data$price)
    as_task_regr(data, target = "price", id = "diamonds")
  },
  # 20,000 rows, 16 numbers, 26 classes
  letters = function() {
    data = new.env()
    data(list = "LetterRecognition", package = "mlbench", envir = data)
    as_task_classif(data$LetterRecognition, target = "lettr", id = "letters")
  },
  # 73,421 rows: what students gave instructors for their lectures; 2,972 students, 1,128 instructors
  ratings = function() {
    data = new.env()
    data(list = "InstEval", package = "lme4", envir = data)
    ratings = as.data.frame(data$InstEval)
    ratings$y = as.numeric(ratings$y)
    as_task_regr(ratings, target = "y", id = "ratings")
  },
  # 100,000 of 327,346 rows: the delay at arrival by what is known at departure
  flights = function() {
    columns = c("arr_delay", "dep_delay", "month", "day", "sched_dep_time", "sched_arr_time", "carrier", "origin",
      "dest", "distance", "hour")
    flights = na.omit(as.data.frame(nycflights13::flights)[columns])
    set.seed(20261130)
    flights = flights[sample(nrow(flights), 100000L), ]
    flights[] = lapply(flights, function(x) if (is.character(x)) factor(x) else as.numeric(x))
    as_task_regr(flights, target = "arr_delay", id = "flights")
  }
)

# A fifth of the rows for the test, a fifth of the others for early stopping; the same for all.
split_task = function(task) {
  set.seed(20261130)
  rows = sample(task$row_ids)
  test = rows[seq_len(length(rows) %/% 5L)]
  rest = setdiff(rows, test)
  valid = rest[seq_len(length(rest) %/% 5L)]
  list(train = setdiff(rest, valid), valid = valid, test = test)
}

# The error: that of the response for classes, the root of the mean squared error for numbers.
error_of = function(truth, response) {
  if (is.factor(truth)) mean(truth != response) else sqrt(mean((truth - response)^2))
}
