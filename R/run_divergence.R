# Runs that have not learnt anything because the loss is not finite.

divergence_remedy = paste("Try a smaller learning rate (`opt.lr`), scaled features (`po(\"scale\")`) or smaller steps",
  "(`t_clbk(\"clip_grad_norm\", max_norm = 1)`).")

# A run that ends without a finite loss has learnt nothing that could be used.
has_diverged = function(context) !is.null(context$last_loss) && !is.finite(context$last_loss)

warn_diverged = function(context) {
  loss = context$last_loss
  warn("diverged", sprintf("Learner '%s': training has diverged; the loss at its end (epoch %i) is %s. %s",
    context$learner$id, context$epoch, format(loss), divergence_remedy),
    fields = list(epoch = context$epoch, loss = loss))
}
