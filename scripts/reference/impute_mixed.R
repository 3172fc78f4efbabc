# SPDX-License-Identifier: GPL-3.0-or-later
# Reference for tests/fit/test_impute_mixed.c: mixed models of five completed sets pooled by mice.
#   Rscript scripts/reference/impute_mixed.R tests/reference
# 25 groups of 8 rows, drawn here; a third of x is missing and imputed by mice (predictive mean matching). Coefficients and squared errors of lmer (REML) and
# of glmmTMB (logit, Laplace, tight) for every completed set, pooled by pool.scalar with the degrees of freedom nobs - parameters of a set with nothing missing.
suppressMessages({library(mice); library(lme4); library(glmmTMB)})
into <- commandArgs(TRUE)[1]; set.seed(31)
number <- function(x) format(x, digits = 15, trim = TRUE, scientific = FALSE)
d <- data.frame(g = rep(1:25, each = 8), x = round(rnorm(200), 3)); d$y <- round(1 + 0.6 * d$x + rnorm(25)[d$g] + rnorm(200), 3)
d$b <- as.integer(runif(200) < plogis(-0.3 + 0.8 * d$x + 0.8 * rnorm(25)[d$g])); m <- d; m$x[runif(200) < plogis(-1 + 0.8 * d$y - 0.5)] <- NA
i <- mice(m, m = 5, maxit = 10, method = "pmm", printFlag = FALSE, seed = 7); all <- complete(i, "long")[, c(".imp", "g", "x", "y", "b")]; names(all)[1] <- "imp"
con <- file(file.path(into, "impute_mixed_sets.csv"), "w"); writeLines("# drawn by scripts/reference/impute_mixed.R: no real people", con); write.csv(all, con, row.names = FALSE, quote = FALSE); close(con)
tight <- glmmTMBControl(optCtrl = list(iter.max = 1000, eval.max = 1000, rel.tol = 1e-15, x.tol = 0))
of <- function(case, fit, fixed, cov, k) do.call(rbind, lapply(seq_len(2), function(j) {
  f <- lapply(1:5, function(s) fit(all[all$imp == s, ])); q <- sapply(f, function(m) fixed(m)[j]); u <- sapply(f, function(m) diag(as.matrix(cov(m)))[j])
  p <- pool.scalar(q, u, n = 200, k = k)
  data.frame(case = case, name = c("(Intercept)", "x")[j], estimate = number(p$qbar), se = number(sqrt(p$t)), df = number(p$df), fmi = number(p$fmi)) }))
rows <- rbind(of("linear", function(e) lmer(y ~ x + (1 | g), e, control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-12))), fixef, vcov, 4),
  of("logit", function(e) glmmTMB(b ~ x + (1 | g), e, family = binomial, control = tight), function(m) fixef(m)$cond, function(m) vcov(m)$cond, 3))
con <- file(file.path(into, "impute_mixed.csv"), "w")
writeLines(sprintf("# %s, mice %s, lme4 %s, glmmTMB %s; tolerance 1e-4 standard errors, squared errors and degrees of freedom 1e-3", R.version.string, packageVersion("mice"), packageVersion("lme4"), packageVersion("glmmTMB")), con)
write.table(rows, con, sep = ",", quote = FALSE, row.names = FALSE); close(con)
