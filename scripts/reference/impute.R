# SPDX-License-Identifier: GPL-3.0-or-later
# Reference for tests/fit/test_impute.c: Rubin's rules by pool.scalar of mice.  Rscript scripts/reference/impute.R tests/reference
suppressMessages(library(mice))
into <- commandArgs(TRUE)[1]
set.seed(5)
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)
rows <- do.call(rbind, lapply(1:5, function(i) {
  m <- c(2, 5, 10, 20, 5)[i]; n <- c(30, 100, 50, 1000, Inf)[i]
  q <- round(rnorm(m, 1, c(.2, .1, .3, .05, .1)[i]), 6); u <- round(runif(m, .01, .09), 6)
  p <- pool.scalar(q, u, n = n, k = 2)
  data.frame(case = i, m = m, complete = if (is.finite(n)) n - 2 else -1, q = number(q), u = number(u),
             mean = number(p$qbar), total = number(p$t), df = number(if (is.finite(p$df)) p$df else -1), fmi = number(p$fmi))
}))
con <- file(file.path(into, "impute_pool.csv"), "w")
writeLines(sprintf("# pool.scalar, %s, mice %s; complete: degrees of freedom with nothing missing, -1 = infinite", R.version.string, packageVersion("mice")), con)
write.table(rows, con, sep = ",", quote = FALSE, row.names = FALSE); close(con)
