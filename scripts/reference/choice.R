# SPDX-License-Identifier: GPL-3.0-or-later
# Reference values of the choice model of self-selection: survival::clogit on made choices.
#   Rscript scripts/reference/choice.R > tests/reference/choice.csv
# One line a candidate: mentee, mentor, score, same (1 = of one group), chosen. Then "estimate" lines with what clogit found, exact for one
# choice a mentee.
library(survival)
set.seed(20240501)
rows <- do.call(rbind, lapply(0:149, function(i) {
  n <- sample(2:6, 1)
  d <- data.frame(mentee = i, mentor = sort(sample(0:19, n)), score = round(runif(n, 0, 100), 1), same = rbinom(n, 1, 0.4))
  u <- 0.3 * d$score / 10 + 0.8 * d$same - log(-log(runif(n)))
  d$chosen <- as.integer(seq_len(n) == which.max(u))
  d
}))
fit <- clogit(chosen ~ I(score / 10) + same + strata(mentee), data = rows, method = "exact")
v <- vcov(fit)
cat("# Conditional logit, scripts/reference/choice.R\n")
cat("# ", R.version.string, ", survival ", as.character(packageVersion("survival")), "; tolerance 1e-7 relative\n", sep = "")
cat("mentee,mentor,score,same,chosen\n")
write.table(rows, sep = ",", row.names = FALSE, col.names = FALSE)
cat(sprintf("estimate,%.15g,%.15g,%.15g,%.15g,%.15g,%.15g\n", coef(fit)[1], coef(fit)[2], sqrt(v[1, 1]), sqrt(v[2, 2]), fit$loglik[1], fit$loglik[2]))
