# SPDX-License-Identifier: GPL-3.0-or-later
# Times glm or clm on the rows that bench_fit wrote.  Rscript fit_peers.R CSV plain|hard REPEATS cloglog|logit|ordinal
# epsilon 1e-10: the stopping rule of the other side (largest step 1e-10 standard errors) in terms of the deviance.
args <- commandArgs(TRUE)
d <- read.csv(args[1], stringsAsFactors = FALSE)
d$arm <- factor(d$arm, c("none", "informal", "structured"))
f <- if (args[2] == "hard") ~ arm + female + score + tenure + quarter else ~ arm + female + grade + tenure + quarter
what <- args[4]
if (what == "ordinal") {
  suppressMessages(library(ordinal))
  d$level <- factor(d$level, ordered = TRUE)
  f <- update(f, level ~ .)
  fit <- function() clm(f, data = d)
} else {
  f <- update(f, event ~ .)
  fit <- function() glm(f, binomial(what), d, offset = offset, control = glm.control(epsilon = 1e-10))
}
used <- sapply(seq_len(as.integer(args[3])), function(r) {
  t <- system.time({ m <<- fit(); s <<- summary(m) }); c(t[["elapsed"]], t[["user.self"]] + t[["sys.self"]]) })
peak <- as.numeric(sub("[^0-9]*([0-9]+).*", "\\1", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1000
cat(sprintf("R %s: rows %d, threads 1: median %.4f s, processor %.4f s, peak %.0f MB\n", what, nrow(d), median(used[1, ]), median(used[2, ]), peak))
for (j in names(coef(m))) cat(sprintf("  %-16s %.15g %.15g\n", j, coef(m)[[j]], s$coefficients[j, 2]))
cat(sprintf("  logLik %.10f\n", as.numeric(logLik(m))))
