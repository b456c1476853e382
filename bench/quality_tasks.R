# Real data that come with CRAN packages: classification and regression, with factors and without.
# Features and targets are as they come.

from_package = function(name, package) {
  environment = new.env()
  data(list = name, package = package, envir = environment)
  as.data.frame(environment[[name]])
}

classification = function(id, name, package, target) {
  function() as_task_classif(na.omit(from_package(name, package)), target = target, id = id)
}

regression = function(id, name, package, target, drop = character()) {
  function() {
    data = na.omit(from_package(name, package))
    as_task_regr(data[setdiff(names(data), drop)], target = target, id = id)
  }
}

quality_tasks = list(
  # 1,000 rows, 20 features, most of them factors
  german_credit = function() {
    task = tsk("german_credit")
    task$id = "german_credit"
    task
  },
  # 846 rows, 18 features, 4 classes
  vehicle = classification("vehicle", "Vehicle", "mlbench", "Class"),
  # 208 rows, 60 features
  sonar = classification("sonar", "Sonar", "mlbench", "Class"),
  # 4,601 rows, 57 features
  spam = classification("spam", "spam", "kernlab", "type"),
  # 1,030 rows, 8 features
  concrete = regression("concrete", "concrete", "modeldata", "compressive_strength"),
  # 400 rows, 10 features, 3 of them factors
  carseats = regression("carseats", "Carseats", "ISLR2", "Sales"),
  # 3,000 rows, 8 features, 6 of them factors; the logarithm of the wage would tell it
  wage = regression("wage", "Wage", "ISLR2", "wage", drop = c("logwage", "region"))
)
