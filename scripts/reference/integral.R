# SPDX-License-Identifier: GPL-3.0-or-later
# How near mixed models come to the integral that defines their likelihood, for tests/fit/test_integral.c.
#   Rscript scripts/reference/integral.R tests/reference
#
# The integral over each group's effect is a sum over 401 equally spaced points within 12 standard deviations of the prior around 0, which for these
# densities converges faster than any power of the spacing (doubling the points changes nothing here). It is maximised by Newton steps on Richardson
# differences. Data: mixed_bacteria.csv, mixed_epil.csv, mixed_wine.csv. Rows: case, who, name, estimate, se (of the integral's maximum; of the logarithm
# for "sd"), loglik (that of the integral at these estimates).
suppressMessages({library(lme4); library(glmmTMB); library(ordinal)})
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 15, trim = TRUE, scientific = FALSE)
data_of <- function(name) read.csv(file.path(into, name), comment.char = "#", stringsAsFactors = TRUE)
nodes <- seq(-12, 12, length.out = 401); weight <- dnorm(nodes) * (nodes[2] - nodes[1])
# logdensity(t, eta): [rows x nodes] log density of every row at the predictors of the same shape; the last of t is the standard deviation
marginal <- function(X, at, logdensity, g) function(t) {
  l <- rowsum(logdensity(t, outer(drop(X %*% t[at]), t[length(t)] * nodes, "+")), g)
  top <- apply(l, 1, max)
  sum(top + log(drop(exp(l - top) %*% weight)))
}
richardson <- function(f, t, h = 2e-2) sapply(seq_along(t), function(j) {
  a <- sapply(0:4, function(k) { u <- replace(numeric(length(t)), j, h / 2^k); (f(t + u) - f(t - u)) / (2 * h / 2^k) })
  for (k in 1:4) a <- (4^k * a[-1] - a[-length(a)]) / (4^k - 1); a })
hessian <- function(f, t) { H <- sapply(seq_along(t), function(j) { u <- replace(numeric(length(t)), j, 1e-3); (richardson(f, t + u) - richardson(f, t - u)) / 2e-3 }); (H + t(H)) / 2 }
compare <- function(case, f, names, peers) {
  best <- peers[[1]]
  for (i in 1:3) { H <- hessian(f, best); best <- best - drop(solve(H, richardson(f, best))) }
  stopifnot(max(abs(richardson(f, best))) < 1e-8)
  se <- sqrt(diag(solve(-H))); n <- length(best); se[n] <- se[n] / best[n]
  row <- function(who, t) data.frame(case = case, who = who, name = names, estimate = number(unname(t)), se = number(se), loglik = number(f(t)))
  out <- row("integral", best)
  for (who in names(peers)) {
    out <- rbind(out, row(who, peers[[who]])); t <- peers[[who]]; away <- abs(t - best) / se; away[n] <- abs(log(t[n] / best[n])) / se[n]
    cat(sprintf("%-16s %-18s %8.5f standard errors away, %.2e below the maximum\n", case, who, max(away), f(best) - f(t)))
  }
  out
}
b <- data_of("mixed_bacteria.csv"); b$ID <- factor(b$ID); b$trt <- relevel(b$trt, "placebo"); X <- model.matrix(~ trt + late, b)
formula_b <- y ~ trt + late + (1 | ID)
tmb <- function(m) unname(c(fixef(m)$cond, exp(getME(m, "theta")))); mer <- function(m) unname(c(fixef(m), getME(m, "theta")))
bacteria <- compare("logit_bacteria", marginal(X, 1:4, function(t, eta) -log1p(exp(eta * ifelse(b$y == 1, -1, 1))), b$ID),
  c("(Intercept)", "trtdrug", "trtdrug+", "late", "sd"), list("glmmTMB Laplace" = tmb(glmmTMB(formula_b, b, family = binomial)),
  "glmer Laplace" = mer(glmer(formula_b, b, family = binomial)), "glmer 25 nodes" = mer(glmer(formula_b, b, family = binomial, nAGQ = 25))))
e <- data_of("mixed_epil.csv"); e$subject <- factor(e$subject); E <- model.matrix(~ lbase + trt + lage + V4, e); formula_e <- y ~ lbase + trt + lage + V4 + (1 | subject)
epil <- compare("poisson_epil", marginal(E, 1:5, function(t, eta) e$y * eta - exp(eta) - lgamma(e$y + 1), e$subject),
  c("(Intercept)", "lbase", "trtprogabide", "lage", "V4", "sd"), list("glmmTMB Laplace" = tmb(glmmTMB(formula_e, e, family = poisson)),
  "glmer Laplace" = mer(glmer(formula_e, e, family = poisson)), "glmer 25 nodes" = mer(glmer(formula_e, e, family = poisson, nAGQ = 25))))
w <- data_of("mixed_wine.csv"); w$rating <- ordered(w$rating); w$judge <- factor(w$judge); W <- model.matrix(~ temp + contact, w)[, -1]; y <- as.integer(w$rating)
low <- function(t) c(-Inf, t[1:4])[y]; high <- function(t) c(t[1:4], Inf)[y]
clm_of <- function(m) unname(c(m$alpha, m$beta, m$ST[[1]][1]))
formula_w <- rating ~ temp + contact + (1 | judge)
wine <- compare("ordinal_wine", marginal(W, 5:6, function(t, eta) log(plogis(high(t) - eta) - plogis(low(t) - eta)), w$judge),
  c("1|2", "2|3", "3|4", "4|5", "tempwarm", "contactyes", "sd"), list("clmm Laplace" = clm_of(clmm(formula_w, data = w)), "clmm 10 nodes" = clm_of(clmm(formula_w, data = w, nAGQ = 10))))
con <- file(file.path(into, "integral.csv"), "w")
writeLines(paste("#", c(sprintf("%s, glmmTMB %s, lme4 %s, ordinal %s, default controls, made by scripts/reference/integral.R", R.version.string, packageVersion("glmmTMB"), packageVersion("lme4"),
  packageVersion("ordinal")), "tolerance: 25 nodes within 1e-4 standard errors of the integral's maximum, log-likelihood 1e-5")), con)
write.table(rbind(bacteria, epil, wine), con, sep = ",", quote = FALSE, row.names = FALSE); close(con)
