#' @title Made Reviews
#'
#' @name mlr_tasks_made_reviews
#' @aliases made_reviews
#'
#' @description
#' 800 short reviews of meals, made by a program of a few dozen words, to try networks for texts: `tsk("made_reviews")`
#' for the classification task (is the review `"positive"` or `"negative"`?), with the text feature `review`.
#'
#' Each review has one to four statements, such as "the soup was not good". A "not" or "never" turns a statement
#' around, so that counting words does not tell the classes apart as well as reading their order does. The review is
#' positive if more statements praise than blame; the last one decides between as many of each. The texts are the same
#' in each R session, whatever its random numbers.
#'
#' @format A [mlr3::TaskClassif] with 800 rows, the target `sentiment` and one feature of type character.
#' @family Data
#' @examples
#' task = tsk("made_reviews")
#' task$head(3)
NULL

made_reviews_task = function(id = "made_reviews") {
  task = as_task_classif(made_reviews(800L), target = "sentiment", positive = "positive", id = id,
    label = "Made Reviews")
  task$man = "mlr3libtorch::mlr_tasks_made_reviews"
  task
}

made_reviews = function(rows) {
  draw = drawing_numbers(20L)
  pick = function(words) words[[draw(length(words))]]
  reviews = map(seq_len(rows), function(i) {
    statements = map(seq_len(draw(4L)), function(j) made_statement(pick, draw))
    praise = map_dbl(statements, "praise")
    balance = sum(praise) + praise[[length(praise)]] / 2
    list(review = paste(map_chr(statements, "text"), collapse = pick(c(", ", " and ", ". "))),
      sentiment = if (balance > 0) "positive" else "negative")
  })
  reviews = rbindlist(reviews)
  reviews$sentiment = factor(reviews$sentiment, levels = c("positive", "negative"))
  reviews
}

# One statement; `praise` is 1 if it praises, else -1.
made_statement = function(pick, draw) {
  dish = pick(c("soup", "bread", "salad", "fish", "rice", "tea", "cake", "sauce", "service", "table", "menu", "coffee"))
  is_good = draw(2L) == 1L
  is_turned = draw(3L) == 1L
  praise = if (is_good == is_turned) -1 else 1
  if (draw(2L) == 1L) {
    word = if (is_good) c("good", "fresh", "lovely", "warm", "perfect", "tasty") else
      c("bad", "stale", "awful", "cold", "bland", "burnt")
    return(list(text = paste("the", dish, pick(c("was", "is")), paste0(if (is_turned) "not ", pick(word))),
      praise = praise))
  }
  verb = if (is_good) c("liked", "loved", "enjoyed") else c("hated", "disliked", "regretted")
  list(text = paste(pick(c("I", "we", "my friends")), paste0(if (is_turned) "never ", pick(verb)), "the", dish),
    praise = praise)
}

# A function that draws whole numbers from 1 to n: Park and Miller's generator, since R's may be set in several ways.
drawing_numbers = function(state) {
  force(state)
  function(n) {
    state <<- (16807 * state) %% 2147483647
    as.integer(state %/% 8 %% n) + 1L
  }
}
