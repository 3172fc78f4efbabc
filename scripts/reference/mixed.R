# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_mixed.c: the Laplace approximation of models with random effects of one grouping.
#   Rscript scripts/reference/mixed.R tests/reference
#
# Data: bacteria and epil of R's MASS, wine of R's ordinal, sleepstudy of lme4 (GPL-2 | GPL-3), written beside as mixed_*.csv. glmmTMB with tight controls, restarted
# until two fits agree; for wine the Laplace log-likelihood is written here once more and maximised, started from clmm. Rows: case, name,
# estimate, se, loglik; "sd NAME" are standard deviations with the standard error of their logarithm, "cor" the correlation.
suppressMessages({library(MASS); library(glmmTMB); library(ordinal)})
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 15, trim = TRUE, scientific = FALSE)
tight <- glmmTMBControl(optCtrl = list(iter.max = 1000, eval.max = 1000, rel.tol = 1e-15, x.tol = 0))
put <- function(d, name, source) {
  con <- file(file.path(into, name), "w"); on.exit(close(con))
  writeLines(paste("#", source), con); write.csv(d, con, row.names = FALSE, quote = FALSE)
}
fit <- function(case, formula, data, family) {
  m <- glmmTMB(formula, data, family = family, control = tight)
  for (i in 1:3) m <- update(m, start = list(beta = fixef(m)$cond, theta = getME(m, "theta")))
  o <- m$obj; best <- m$fit$par
  for (i in 1:6) { H <- optimHess(best, o$fn, o$gr, control = list(ndeps = rep(1e-4, length(best)))); best <- best - drop(solve(H, drop(o$gr(best)))) }
  H <- optimHess(best, o$fn, o$gr, control = list(ndeps = rep(1e-4, length(best)))); V <- solve(H); se <- sqrt(diag(V))
  p <- sum(names(best) == "beta"); q <- length(VarCorr(m)$cond[[1]][1, ]); names <- c(names(fixef(m)$cond), paste("sd", colnames(VarCorr(m)$cond[[1]])))
  estimate <- best; estimate[p + seq_len(q)] <- exp(best[p + seq_len(q)])
  if (length(best) > p + q) { names <- c(names, "cor"); t <- best[p + q + 1]; estimate[p + q + 1] <- t / sqrt(1 + t^2); se[p + q + 1] <- NA }
  data.frame(case = case, name = gsub("[ ,]", "_", names), estimate = number(unname(estimate)), se = number(unname(se)), loglik = number(-o$fn(best)))
}
b <- transform(bacteria, y = as.integer(y == "y"), late = as.integer(week > 2)); b$ID <- factor(b$ID)
e <- epil; e$subject <- factor(e$subject)
put(b[, c("y", "trt", "late", "week", "ID")], "mixed_bacteria.csv", sprintf("bacteria of the R package MASS %s (GPL-2 | GPL-3); y, late as 0 and 1", packageVersion("MASS")))
put(e[, c("y", "trt", "lbase", "lage", "V4", "period", "subject")], "mixed_epil.csv", sprintf("epil of the R package MASS %s (GPL-2 | GPL-3)", packageVersion("MASS")))
put(wine[, c("rating", "temp", "contact", "judge")], "mixed_wine.csv", sprintf("wine of the R package ordinal %s (GPL-2 | GPL-3); Randall 1989", packageVersion("ordinal")))

wine_case <- function() {
  y <- as.integer(wine$rating); X <- model.matrix(~ temp + contact, wine)[, -1]; g <- as.integer(wine$judge); T <- 4
  F <- plogis
  laplace <- function(t) {
    th <- t[1:T]; if (any(diff(th) <= 0)) return(-Inf)
    fixed <- drop(X %*% t[T + 1:2]); s <- t[T + 3]; total <- 0
    for (j in unique(g)) {
      rows <- which(g == j); a <- c(th, Inf)[y[rows]] - fixed[rows]; z <- c(-Inf, th)[y[rows]] - fixed[rows]
      l <- function(v) sum(log(F(a - s * v) - F(z - s * v))) - v^2 / 2
      d <- function(v) -s * sum(1 - F(a - s * v) - F(z - s * v)) - v
      h <- function(v) 1 + s^2 * sum(dlogis(a - s * v) + dlogis(z - s * v))
      v <- 0; for (i in 1:100) { step <- d(v) / h(v); v <- v + step; if (abs(step) < 1e-14) break }
      total <- total + l(v) - log(h(v)) / 2
    }
    total
  }
  m <- clmm(rating ~ temp + contact + (1 | judge), data = wine, control = clmm.control(gradTol = 1e-8))
  start <- c(m$alpha, m$beta, m$ST[[1]][1]); names(start) <- NULL
  grad <- function(t, h = 1e-3) sapply(seq_along(t), function(j) {
    d <- function(h) { u <- replace(numeric(length(t)), j, h); (laplace(t + u) - laplace(t - u)) / (2 * h) }
    a <- sapply(0:4, function(k) d(h / 2^k)); for (k in 1:4) a <- (4^k * a[-1] - a[-length(a)]) / (4^k - 1); a })
  hess <- function(t) { H <- sapply(seq_along(t), function(j) { h <- 1e-3; u <- replace(numeric(length(t)), j, h); (grad(t + u) - grad(t - u)) / (2 * h) }); (H + t(H)) / 2 }
  best <- start
  for (i in 1:8) { H <- hess(best); best <- best - drop(solve(H, grad(best))) }
  se <- sqrt(diag(solve(-hess(best)))); se[T + 3] <- se[T + 3] / best[T + 3]
  data.frame(case = "ordinal_wine", name = c(names(m$alpha), names(m$beta), "sd (Intercept)"), estimate = number(best), se = number(se), loglik = number(laplace(best)))
}
# Gaussian: the dense likelihood, its parameters theta = (log sigma, Lambda) polished by Newton steps on Richardson differences.
gaussian_case <- function(case, reml, independent) {
  d <- sleepstudy; y <- d$Reaction; X <- model.matrix(~ Days, d); Z <- model.matrix(~ Days, d); g <- d$Subject; n <- length(y); p <- ncol(X)
  value <- function(t, all = FALSE) {
    L <- if (independent) diag(t[2:3]) else matrix(c(t[2], t[3], 0, t[4]), 2); s2 <- exp(2 * t[1])
    V <- diag(n); for (j in levels(g)) { r <- g == j; V[r, r] <- V[r, r] + Z[r, ] %*% L %*% t(L) %*% t(Z[r, ]) }
    U <- chol(V); Xs <- backsolve(U, X, transpose = TRUE); ys <- backsolve(U, y, transpose = TRUE); A <- crossprod(Xs); b <- solve(A, crossprod(Xs, ys))
    rss <- sum((ys - Xs %*% b)^2); m <- if (reml) n - p else n
    l <- -0.5 * (m * (log(2 * pi) + 2 * t[1]) + 2 * sum(log(diag(U))) + rss / s2 + if (reml) as.numeric(determinant(A)$modulus) else 0)
    if (all) list(l = l, b = drop(b), se = sqrt(s2 * diag(solve(A))), S = s2 * L %*% t(L), s = exp(t[1])) else l
  }
  grad <- function(t) sapply(seq_along(t), function(j) { a <- sapply(0:4, function(k) { u <- replace(numeric(length(t)), j, 0.02 / 2^k); (value(t + u) - value(t - u)) / (0.04 / 2^k) })
    for (k in 1:4) a <- (4^k * a[-1] - a[-length(a)]) / (4^k - 1); a })
  hess <- function(t) { H <- sapply(seq_along(t), function(j) { u <- replace(numeric(length(t)), j, 1e-3); (grad(t + u) - grad(t - u)) / 2e-3 }); (H + t(H)) / 2 }
  m <- lmer(if (independent) Reaction ~ Days + (Days || Subject) else Reaction ~ Days + (Days | Subject), sleepstudy, REML = reml)
  th <- getME(m, "theta"); t <- unname(c(log(sigma(m)), th))
  for (i in 1:5) t <- t - drop(solve(hess(t), grad(t)))
  r <- value(t, TRUE); sd <- sqrt(diag(r$S)); V <- solve(-hess(t))
  sd_se <- sapply(1:2, function(a) { f <- function(t) 0.5 * log(diag(value(t, TRUE)$S)[a]); J <- sapply(seq_along(t), function(j) { u <- replace(numeric(length(t)), j, 1e-4); (f(t + u) - f(t - u)) / 2e-4 }); sqrt(sum(J * (V %*% J))) })
  stopifnot(abs(r$l - as.numeric(logLik(m))) < 1e-5)
  out <- data.frame(case = case, name = c("(Intercept)", "Days", "sd (Intercept)", "sd Days"), estimate = number(unname(c(r$b, sd))),
                    se = number(unname(c(r$se, sd_se))), loglik = number(r$l))
  if (independent) out else rbind(out, data.frame(case = case, name = "cor", estimate = number(r$S[1, 2] / prod(sd)), se = "NA", loglik = number(r$l)))
}
suppressMessages(library(lme4))
put(data.frame(reaction = sleepstudy$Reaction, Days = sleepstudy$Days, subject = sleepstudy$Subject), "mixed_sleep.csv",
    sprintf("sleepstudy of the R package lme4 %s (GPL-2 | GPL-3); Belenky and others 2003", packageVersion("lme4")))
cases <- rbind(gaussian_case("linear_reml_sleep", TRUE, FALSE), gaussian_case("linear_ml_sleep", FALSE, FALSE), gaussian_case("linear_independent_sleep", TRUE, TRUE), fit("logit_bacteria", y ~ trt + late + (1 | ID), b, binomial),
  fit("cloglog_bacteria", y ~ trt + late + (1 | ID), b, binomial("cloglog")),
  fit("probit_bacteria", y ~ trt + late + (1 | ID), b, binomial("probit")),
  fit("poisson_epil", y ~ lbase + trt + lage + V4 + (1 | subject), e, poisson),
  fit("poisson_slope_epil", y ~ lbase + trt + lage + (1 + period | subject), e, poisson),
  fit("poisson_independent_epil", y ~ lbase + trt + lage + diag(1 + period | subject), e, poisson), wine_case())
cases$name <- gsub(" ", "_", cases$name)
con <- file(file.path(into, "mixed.csv"), "w")
writeLines(paste("#", c(sprintf("%s, glmmTMB %s, lme4 %s, MASS %s, ordinal %s, made by scripts/reference/mixed.R", R.version.string, packageVersion("glmmTMB"), packageVersion("lme4"),
  packageVersion("MASS"), packageVersion("ordinal")), "tolerance: estimates and log standard deviations 1e-4 of their standard error, log-likelihood 1e-5")), con)
write.table(cases, con, sep = ",", quote = FALSE, row.names = FALSE); close(con)
