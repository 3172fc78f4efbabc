# SPDX-License-Identifier: GPL-3.0-or-later
# Reference Cox fits with Firth's penalty and with normal priors for tests/fit/test_cox_penalty.c, on tests/reference/rossi.csv, two columns.
#   Rscript scripts/reference/cox_penalty.R tests/reference
# coxphf is not in Debian: the partial likelihood with half the log determinant of its information, written plainly, is maximised by Newton steps on its
# gradient by complex steps; profile limits by bisection. Errors: inverse of the information (with that of the priors).
into <- commandArgs(TRUE)[1]
r <- read.csv(file.path(into, "rossi.csv"), comment.char = "#")
r$fin <- as.integer(r$fin == "yes"); r$never <- as.integer(r$arrest == 0 & r$row %% 3 == 0)
parts <- function(b, X, efron) {
  e <- exp(X %*% b); ll <- 0; I <- matrix(0i, 2, 2)
  for (t in unique(r$week[r$arrest == 1])) {
    at <- r$week >= t; dead <- r$week == t & r$arrest == 1; d <- sum(dead)
    ll <- ll + sum(X[dead, ] %*% b)
    for (k in seq_len(d) - 1) {
      w <- e * at - (if (efron) k / d else 0) * e * dead; s <- sum(w); m <- colSums(X * as.vector(w)) / s
      ll <- ll - log(s); I <- I + t(X * as.vector(w)) %*% X / s - outer(m, m)
    }
  }
  list(ll = ll, I = I, half = log(I[1, 1] * I[2, 2] - I[1, 2] * I[2, 1]) / 2)
}
fit <- function(name, columns, efron, objective, precision = matrix(0, 2, 2), limits = FALSE) {
  X <- as.matrix(r[columns]); h <- 1e-30
  value <- function(b) Re(objective(parts(b, X, efron), b))
  gradient <- function(b) sapply(1:2, function(j) { z <- b + 0i; z[j] <- z[j] + h * 1i; Im(objective(parts(z, X, efron), z)) / h })
  hessian <- function(b) { m <- sapply(1:2, function(j) { e <- 1e-4 * c(0, 0); e[j] <- 1e-4; (gradient(b + e) - gradient(b - e)) / 2e-4 }); (m + t(m)) / 2 }
  climb <- function(b, free) {
    for (i in 1:60) { g <- gradient(b)[free]; s <- rep(0, 2); s[free] <- -solve(hessian(b)[free, free, drop = FALSE], g); f <- 1
      while (f > 1e-8 && !(value(b + f * s) >= value(b) - 1e-12)) f <- f / 2
      b <- b + f * s; if (max(abs(g)) < 1e-11) break }
    b
  }
  b <- climb(c(0, 0), 1:2); p <- parts(b, X, efron); V <- solve(Re(p$I) + precision); top <- value(b)
  fall <- qchisq(0.95, 1) / 2
  limit <- function(j, side) if (!limits) NA else {
    loss <- function(x) { z <- b; z[j] <- x; value(climb(z, 3 - j)) - top + fall }
    far <- b[j] + side * 2 * sqrt(V[j, j]); while (loss(far) > 0) far <- far + side * sqrt(V[j, j])
    uniroot(loss, sort(c(b[j], far)), tol = 1e-11)$root
  }
  number <- function(x) { x[is.na(x)] <- 0; format(x, digits = 17, trim = TRUE) }
  data.frame(case = name, term = columns, estimate = number(b), se = number(sqrt(diag(V))), lower = number(sapply(1:2, limit, -1)),
             upper = number(sapply(1:2, limit, 1)), loglik = number(Re(p$ll)), penalised = number(top))
}
firth <- function(p, b) p$ll + p$half
prior <- function(p, b) p$ll - (b[1] - 0.5)^2 / (2 * 0.1^2) - log(0.1 * sqrt(2 * pi)) - b[2]^2 / (2 * 0.02^2) - log(0.02 * sqrt(2 * pi))
table <- rbind(fit("firth", c("age", "prio"), FALSE, firth, limits = TRUE), fit("firth_efron", c("age", "prio"), TRUE, firth),
               fit("separated", c("age", "never"), FALSE, firth, limits = TRUE),
               fit("priors", c("fin", "age"), TRUE, prior, diag(c(1 / 0.1^2, 1 / 0.02^2))))
con <- file(file.path(into, "cox_penalty.csv"), "w")
writeLines(c("# penalised partial likelihoods of rossi.csv, written plainly; never = not arrested and row divisible by 3", paste("#", R.version.string)), con)
write.table(table, con, sep = ",", quote = FALSE, row.names = FALSE)
close(con)
