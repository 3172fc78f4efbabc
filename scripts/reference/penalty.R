# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_penalty.c: Firth's penalty of cumulative models, priors of a negative binomial; plain likelihoods.
#   Rscript scripts/reference/penalty.R tests/reference
#
# The penalised likelihood is written plainly (log-likelihood and half the log determinant of the expected information, as a sum over levels of
# (dP)(dP)' / P) and maximised by Newton steps on differences of the sixth order until a step is below 1e-11. Limits: a root of the penalised likelihood
# maximised over the other parameters. Negative binomial: joint maximum over coefficients and log theta, joint observed information.
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)
row <- function(case, names, b, se, penalised, loglik, null, lower = NA, upper = NA)
  data.frame(case = case, name = gsub("[ ,]", "_", names), estimate = number(unname(b)), se = number(unname(se)), robust = number(penalised), loglik = number(loglik),
             null = number(null), lower = number(lower), upper = number(upper))
jacobian <- function(g, b, steps = 1) {
  one <- function(j) { h <- 4e-3 / rep_len(steps, length(b))[j]; d <- function(k) { e <- replace(numeric(length(b)), j, k * h); (g(b + e) - g(b - e)) }; (45 * d(1) - 9 * d(2) + d(3)) / (60 * h) }
  matrix(sapply(seq_along(b), one), nrow = length(g(b)))
}
climb <- function(f, b, steps, most = 60) { g <- function(x) drop(jacobian(f, x, steps))
  for (i in 1:most) { step <- -solve(jacobian(g, b, steps), g(b)); s <- 1
    while (s > 1e-6 && (any(abs(s * step) > 0.7) || !is.finite(f(b + s * step)) || f(b + s * step) < f(b) - 1e-8)) s <- s / 2; b <- b + s * step; if (max(abs(step)) < 1e-11) break }
  stopifnot(max(abs(step)) < 1e-9); b }
d <- read.csv(file.path(into, "phd.csv"), comment.char = "#", stringsAsFactors = TRUE)
d$many <- as.integer(cut(d$articles, c(-1, 0, 1, 3, 100)))
e <- read.csv(file.path(into, "endometrial.csv"), comment.char = "#")
e$y <- 1 + (e$HG == 1) + (e$HG == 1 & (e$NV == 1 | e$EH < 0.9)) # NV = 1 is always the highest level
links <- list(logit = list(F = plogis, f = dlogis), probit = list(F = pnorm, f = dnorm),
              cloglog = list(F = function(x) -expm1(-exp(x)), f = function(x) exp(x - exp(x))))
firth <- function(case, link, X, y, names, start, limits) {
  k <- max(y); n <- nrow(X); F <- links[[link]]$F; f <- links[[link]]$f
  ends <- function(b, j) { th <- c(-Inf, b[seq_len(k - 1)], Inf); eta <- drop(X %*% b[-seq_len(k - 1)]); th[j] - eta }
  P <- function(b) sapply(1:k, function(j) F(ends(b, j + 1)) - F(ends(b, j)))
  loglik <- function(b) { p <- P(b); if (any(p <= 0)) return(-1e10); sum(log(p[cbind(1:n, y)])) }
  information <- function(b) { I <- 0; p <- P(b)
    for (j in 1:k) { up <- if (j < k) f(ends(b, j + 1)) else numeric(n); down <- if (j > 1) f(ends(b, j)) else numeric(n)
      D <- cbind(sapply(seq_len(k - 1), function(t) up * (t == j) - down * (t == j - 1)), (down - up) * X)
      I <- I + crossprod(D / sqrt(p[, j])) }
    I }
  penalised <- function(b) loglik(b) + 0.5 * as.numeric(determinant(information(b))$modulus)
  steps <- c(rep(1, k - 1), pmax(1, apply(abs(X), 2, max))) # so that predictors move alike
  b <- climb(penalised, start, steps); lower <- upper <- NA; se <- sqrt(diag(solve(information(b)))); top <- penalised(b)
  limit <- function(j, side) { free <- setdiff(seq_along(b), j); last <- b[free]
    fall <- function(v) { g <- function(u) { t <- b; t[j] <- v; t[free] <- u; penalised(t) }; last <<- climb(g, last, steps[free]); g(last) - top + qchisq(0.95, 1) / 2 }
    uniroot(fall, sort(c(b[j] + side * 0.5 * se[j], b[j] + side * 2.5 * se[j])), extendInt = if (side > 0) "downX" else "upX", tol = 1e-12)$root }
  if (limits) { of <- function(side) sapply(seq_along(b), function(j) if (j == k) limit(j, side) else NA); lower <- of(-1); upper <- of(1) } # of the first coefficient
  t <- table(y)
  row(case, names, b, se, top, loglik(b), sum(t * log(t / n)), lower, upper)
}
part <- d[seq(1, nrow(d), by = 20), ]; X <- model.matrix(~ gender + married, part)[, -1]
E <- as.matrix(e[c("NV", "PI", "EH")])
of_phd <- c("none|one", "one|few", "few|many", colnames(X)); of_e <- c("0|1", "1|2", "NV", "PI", "EH")
prior <- function() {
  Z <- model.matrix(~ gender + married + prestige + mentor, d); y <- d$articles; m0 <- c(0, 0.5, 0, 0.5, 0); P <- diag(c(0, 1 / 0.04, 0, 1 / 0.01, 0))
  p <- ncol(Z); loglik <- function(t) sum(dnbinom(y, mu = exp(drop(Z %*% t[1:p])), size = exp(t[p + 1]), log = TRUE))
  score <- function(t) { m <- exp(drop(Z %*% t[1:p])); th <- exp(t[p + 1])
    c(crossprod(Z, (y - m) * th / (th + m)) - P %*% (t[1:p] - m0), th * sum(digamma(y + th) - digamma(th) + log(th / (th + m)) + (m - y) / (th + m))) }
  t <- c(0.3, 0, 0, 0, 0.02, 0.8); for (i in 1:60) { step <- -solve(jacobian(score, t), score(t)); s <- 1; while (any(abs(s * step) > 0.5)) s <- s / 2; t <- t + s * step }
  stopifnot(max(abs(step)) < 1e-12); V <- solve(-jacobian(score, t, c(pmax(1, apply(abs(Z), 2, max)), 1)))
  null <- optimize(function(lt) sum(dnbinom(y, mu = mean(y), size = exp(lt), log = TRUE)), c(-3, 5), maximum = TRUE, tol = 1e-12)$objective
  row("prior_negative_binomial", c(colnames(Z), "log(theta)"), t, sqrt(diag(V)), NA, loglik(t), null)
}
con <- file(file.path(into, "penalty.csv"), "w")
writeLines(c(sprintf("# fits to phd.csv and endometrial.csv; %s, made by scripts/reference/penalty.R; of Firth's fits `robust` is the penalised log-likelihood; tolerance 1e-8",
  R.version.string), "case,name,estimate,se,robust,loglik,null,lower,upper"), con)
put <- function(rows) { write.table(rows, con, sep = ",", quote = FALSE, row.names = FALSE, col.names = FALSE); flush(con) }
put(prior())
put(firth("firth_ordinal_probit", "probit", X, part$many, of_phd, c(-0.6, 0, 0.6, 0, 0), FALSE))
put(firth("firth_ordinal_cloglog", "cloglog", X, part$many, of_phd, c(-1, 0, 0.6, 0, 0), FALSE))
put(firth("firth_ordinal_logit", "logit", X, part$many, of_phd, c(-1, 0, 1, 0, 0), TRUE))
put(firth("firth_ordinal_separated", "logit", E, e$y, of_e, c(-2, -0.5, 2.5, 0, -2), FALSE))
close(con)
