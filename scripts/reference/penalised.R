# SPDX-License-Identifier: GPL-3.0-or-later
# Reference values for tests/fit/test_penalised.c: likelihood ratios and profile limits of penalised likelihoods, written plainly.
#   Rscript scripts/reference/penalised.R tests/reference
#
# Firth: log-likelihood and half the log determinant of the whole information, also where a coefficient is held (Heinze & Schemper 2002). Priors:
# log-likelihood less half the weighted squares. Each maximum by Newton steps on differences of the sixth order until a step is below 1e-11; each limit
# a root of the penalised likelihood maximised over the other coefficients. Cox: Breslow's ties; the sum over events written out.
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)
jacobian <- function(g, b, steps) {
  one <- function(j) { h <- 4e-3 / steps[j]; d <- function(k) { e <- replace(numeric(length(b)), j, k * h); g(b + e) - g(b - e) }; (45 * d(1) - 9 * d(2) + d(3)) / (60 * h) }
  matrix(sapply(seq_along(b), one), nrow = length(g(b)))
}
climb <- function(f, b, steps) { if (!length(b)) return(b); g <- function(x) drop(jacobian(f, x, steps))
  for (i in 1:100) { step <- -solve(jacobian(g, b, steps), g(b)); s <- 1
    while (s > 1e-6 && (any(abs(s * step) > 1) || f(b + s * step) < f(b) - 1e-8)) s <- s / 2; b <- b + s * step; if (max(abs(step * steps)) < 1e-11) break }
  if (max(abs(step * steps)) > 1e-8) stop("not settled"); b }
use <- function(case, names, f, start, steps, of, se) {
  b <- climb(f, start, steps); top <- f(b)
  held <- function(j, v, u) { free <- setdiff(seq_along(b), j); t <- replace(b, j, v); u <- climb(function(u) { t[free] <- u; f(t) }, u, steps[free]); t[free] <- u; list(value = f(t), u = u) }
  limit <- function(j, side) { last <- b[-j]; fall <- function(v) { h <- held(j, v, last); last <<- h$u; h$value - top + qchisq(0.95, 1) / 2 }
    uniroot(fall, sort(c(b[j], b[j] + side * 3 * se[j])), extendInt = if (side > 0) "downX" else "upX", tol = 1e-12)$root }
  data.frame(case = case, name = names[of], estimate = number(b[of]), ratio = number(sapply(of, function(j) 2 * (top - held(j, 0, b[-j])$value))),
             lower = number(sapply(of, limit, -1)), upper = number(sapply(of, limit, 1)))
}
e <- read.csv(file.path(into, "endometrial.csv"), comment.char = "#"); E <- model.matrix(~ NV + PI + EH, e); y <- e$HG
logit <- function(b) sum(dbinom(y, 1, plogis(drop(E %*% b)), log = TRUE))
information <- function(b) { p <- plogis(drop(E %*% b)); crossprod(E * (p * (1 - p)), E) }
half <- function(I) 0.5 * as.numeric(determinant(I)$modulus)
sizes <- pmax(1, apply(abs(E), 2, max))
r <- read.csv(file.path(into, "rossi.csv"), comment.char = "#"); X <- scale(as.matrix(r[c("age", "prio")]), scale = FALSE)
cox <- function(b) { l <- 0; I <- 0; w <- exp(drop(X %*% b))
  for (t in unique(r$week[r$arrest == 1])) { at <- r$week >= t; dead <- r$week == t & r$arrest == 1; d <- sum(dead); s <- sum(w[at]); m <- colSums(w[at] * X[at, ]) / s
    l <- l + sum(X[dead, , drop = FALSE] %*% b) - d * log(s); I <- I + d * (crossprod(sqrt(w[at]) * X[at, ]) / s - outer(m, m)) }
  l + half(I) }
rows <- rbind(use("firth_logit", colnames(E), function(b) logit(b) + half(information(b)), c(3.8, 2.9, -0.03, -2.6), sizes, 2:4, c(1.4, 1.5, 0.04, 0.8)),
  use("prior_logit", colnames(E), function(b) logit(b) - 0.5 * ((b[2] - 1) / 2)^2 - 0.5 * (b[4] / 0.5)^2, c(1, 1, 0, -1), sizes, 2:4, c(1.2, 1.2, 0.04, 0.4)),
  use("firth_cox", colnames(X), cox, c(-0.06, 0.09), c(20, 10), 1:2, c(0.02, 0.03)))
con <- file(file.path(into, "penalised.csv"), "w")
writeLines(sprintf("# penalised likelihoods of endometrial.csv and rossi.csv; %s, made by scripts/reference/penalised.R; tolerance 1e-6 standard errors", R.version.string), con)
write.table(rows, con, sep = ",", quote = FALSE, row.names = FALSE); close(con)
