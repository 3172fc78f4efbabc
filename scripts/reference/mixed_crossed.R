# SPDX-License-Identifier: GPL-3.0-or-later
# Reference fits for tests/fit/test_crossed.c: random effects of several groupings, and of families with a shape.
#   Rscript scripts/reference/mixed_crossed.R tests/reference
#
# Data: Penicillin, Pastes, grouseticks of lme4, written beside as crossed_*.csv; epil of MASS stands as mixed_epil.csv. Linear models: the dense likelihood
# written plainly, theta = (log sigma, log sd of each grouping) polished by Newton steps on Richardson differences, started from lmer. Others: glmmTMB with
# tight controls, polished by Newton steps on its gradient. Rows: case, name, estimate, se, loglik; "sd GROUP" are standard deviations with the standard
# error of their logarithm; "shape" likewise.
suppressMessages({library(MASS); library(glmmTMB); library(lme4)})
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 15, trim = TRUE, scientific = FALSE)
put <- function(d, name) {
  con <- file(file.path(into, name), "w"); on.exit(close(con))
  writeLines(sprintf("# %s of the R package lme4 %s (GPL-2 | GPL-3)", sub("crossed_(.*).csv", "\\1", name), packageVersion("lme4")), con)
  write.csv(d, con, row.names = FALSE, quote = FALSE)
}
tight <- glmmTMBControl(optCtrl = list(iter.max = 1000, eval.max = 1000, rel.tol = 1e-15, x.tol = 0))
fit <- function(case, formula, data, family) {
  m <- glmmTMB(formula, data, family = family, control = tight)
  o <- m$obj; best <- m$fit$par
  H <- function(b) optimHess(b, o$fn, o$gr, control = list(ndeps = rep(1e-4, length(b))))
  for (i in 1:6) best <- best - drop(solve(H(best), drop(o$gr(best))))
  se <- sqrt(diag(solve(H(best)))); groups <- names(VarCorr(m)$cond); k <- names(best)
  name <- character(length(best)); estimate <- best
  name[k == "beta"] <- names(fixef(m)$cond); name[k == "theta"] <- paste("sd", groups); estimate[k == "theta"] <- exp(best[k == "theta"])
  if (any(k == "betad")) { name[k == "betad"] <- "shape"; estimate[k == "betad"] <- exp(best[k == "betad"]) }
  data.frame(case = case, name = gsub(" ", "_", name), estimate = number(unname(estimate)), se = number(unname(se)), loglik = number(-o$fn(best)))
}
richardson <- function(f, t, j, h) { a <- sapply(0:4, function(k) { u <- replace(numeric(length(t)), j, h / 2^k); (f(t + u) - f(t - u)) / (2 * h / 2^k) })
  for (k in 1:4) a <- (4^k * a[-1] - a[-length(a)]) / (4^k - 1); a }
linear <- function(case, y, X, groups, reml) {
  n <- length(y); p <- ncol(X); Z <- lapply(groups, function(g) { Z <- model.matrix(~ 0 + factor(g)); tcrossprod(Z) })
  value <- function(t, all = FALSE) {
    s2 <- exp(2 * t[1]); V <- diag(n); for (k in seq_along(Z)) V <- V + exp(2 * (t[1 + k] - t[1])) * Z[[k]]
    U <- chol(V); Xs <- backsolve(U, X, transpose = TRUE); ys <- backsolve(U, y, transpose = TRUE); A <- crossprod(Xs); b <- solve(A, crossprod(Xs, ys))
    rss <- sum((ys - Xs %*% b)^2); m <- if (reml) n - p else n
    l <- -0.5 * (m * (log(2 * pi) + 2 * t[1]) + 2 * sum(log(diag(U))) + rss / s2 + if (reml) as.numeric(determinant(A)$modulus) else 0)
    if (all) list(l = l, b = drop(b), se = sqrt(s2 * diag(solve(A)))) else l
  }
  grad <- function(t) sapply(seq_along(t), function(j) richardson(value, t, j, 0.02))
  hess <- function(t) { H <- sapply(seq_along(t), function(j) { u <- replace(numeric(length(t)), j, 1e-3); (grad(t + u) - grad(t - u)) / 2e-3 }); (H + t(H)) / 2 }
  d <- data.frame(y = y); for (k in seq_along(groups)) d[[paste0("g", k)]] <- factor(groups[[k]])
  m <- lmer(as.formula(paste("y ~ 0 + X +", paste0("(1 | g", seq_along(groups), ")", collapse = " + "))), d, REML = reml)
  v <- as.data.frame(VarCorr(m)); t <- log(c(sigma(m), v$sdcor[match(paste0("g", seq_along(groups)), v$grp)]))
  for (i in 1:6) t <- t - drop(solve(hess(t), grad(t)))
  r <- value(t, TRUE); stopifnot(abs(r$l - as.numeric(logLik(m))) < 1e-4); se <- sqrt(diag(solve(-hess(t))))
  data.frame(case = case, name = c(colnames(X), paste0("sd_", names(groups))), estimate = number(unname(c(r$b, exp(t[-1])))), se = number(unname(c(r$se, se[-1]))), loglik = number(r$l))
}
P <- transform(Penicillin, plate = as.character(plate), sample = as.character(sample)); S <- transform(Pastes, batch = as.character(batch), cask = as.character(cask))
G <- data.frame(ticks = grouseticks$TICKS, any = as.integer(grouseticks$TICKS > 0), y96 = as.integer(grouseticks$YEAR == 96), y97 = as.integer(grouseticks$YEAR == 97), height = grouseticks$cHEIGHT / 100,
  brood = as.character(grouseticks$BROOD), location = as.character(grouseticks$LOCATION))
put(P, "crossed_penicillin.csv"); put(S[, c("strength", "batch", "cask")], "crossed_pastes.csv"); put(G, "crossed_grouseticks.csv")
S$sample <- paste(S$batch, S$cask, sep = ":"); one <- function(d) { X <- matrix(1, nrow(d), 1); colnames(X) <- "(Intercept)"; X }
e <- epil; e$subject <- factor(e$subject); tick <- ~ y96 + y97 + height + (1 | brood) + (1 | location)
cases <- rbind(
  linear("linear_reml_penicillin", P$diameter, one(P), list(plate = P$plate, sample = P$sample), TRUE),
  linear("linear_ml_penicillin", P$diameter, one(P), list(plate = P$plate, sample = P$sample), FALSE),
  linear("linear_reml_pastes", S$strength, one(S), list(batch = S$batch, "batch:cask" = S$sample), TRUE),
  fit("poisson_ticks", update(tick, ticks ~ .), G, poisson()), fit("logit_ticks", update(tick, any ~ .), G, binomial()),
  fit("cloglog_ticks", update(tick, any ~ .), G, binomial("cloglog")), fit("negative_binomial_ticks", update(tick, ticks ~ .), G, nbinom2()),
  fit("negative_binomial_epil", y ~ lbase + trt + (1 | subject), e, nbinom2()),
  fit("gamma_penicillin", diameter ~ 1 + (1 | plate) + (1 | sample), P, Gamma("log")))
con <- file(file.path(into, "crossed.csv"), "w")
writeLines(paste("#", c(sprintf("%s, glmmTMB %s, lme4 %s, MASS %s, made by scripts/reference/mixed_crossed.R", R.version.string, packageVersion("glmmTMB"), packageVersion("lme4"), packageVersion("MASS")),
  "tolerance: linear 1e-7 of max(|estimate|, error); others estimates and log standard deviations 1e-4 of their standard error; log-likelihood 1e-5")), con)
write.table(cases, con, sep = ",", quote = FALSE, row.names = FALSE); close(con)
