# SPDX-License-Identifier: GPL-3.0-or-later
# Reference profile intervals of mixed models for tests/fit/test_mixed_profile.c.
#   Rscript scripts/reference/mixed_profile.R tests/reference
#
# Data: mixed_*.csv and crossed_grouseticks.csv, which scripts/reference/mixed.R and mixed_crossed.R wrote. A coefficient is held by an offset of its column, the rest
# fitted tightly: lmer by maximum likelihood, glmmTMB (Laplace), glmer (quadrature; nAGQ of one grouping), and for ordered levels the Laplace approximation
# written plainly. The ends are where twice the log-likelihood has fallen by qchisq(0.95, 1), by uniroot. confint of lme4 (of lmer and glmer) and, loosely, the
# normal limits must lie near, or the script stops. Rows: case, name, se, lower, upper.
suppressMessages({library(lme4); library(glmmTMB); library(ordinal)})
into <- commandArgs(TRUE)[1]
get <- function(name) read.csv(file.path(into, name), comment.char = "#", stringsAsFactors = TRUE)
number <- function(x) format(x, digits = 12, trim = TRUE)
ends <- function(case, names, top, loglik, est, se, rough = NULL) do.call(rbind, lapply(seq_along(names), function(j) {
  f <- function(v) 2 * (top - loglik(j, v)) - qchisq(0.95, 1)
  side <- function(s) uniroot(f, sort(est[j] + s * se[j] * c(0.5, 4)), tol = 1e-7 * se[j], maxiter = 100)$root
  e <- c(side(-1), side(1))
  if (!is.null(rough)) stopifnot(all(abs(e - rough[j, ]) < 0.02 * se[j]))
  cat(case, names[j], e, "\n")
  data.frame(case = case, name = names[j], se = number(se[j]), lower = number(e[1]), upper = number(e[2]))
}))
formula_of <- function(y, columns, groups, held) as.formula(paste(y, "~", paste(c("1", setdiff(columns, columns[held]), if (length(held)) "offset(o)", groups), collapse = " + ")))
tmb_tight <- glmmTMBControl(optCtrl = list(iter.max = 1000, eval.max = 1000, rel.tol = 1e-14, x.tol = 0))
lmer_tight <- lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE, check.conv.singular = "ignore", optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-12, maxeval = 10000))
glmer_tight <- glmerControl(optimizer = "nloptwrap", calc.derivs = FALSE, tolPwrss = 1e-12, optCtrl = list(xtol_abs = 1e-9, ftol_abs = 1e-11, maxeval = 10000))
engine <- function(case, y, columns, names, groups, d, fit, rough = NULL) {
  at <- function(j, v) { e <- d; e$o <- v * e[[columns[j]]]; as.numeric(logLik(fit(formula_of(y, columns, groups, j), e))) }
  m <- fit(formula_of(y, columns, groups, integer()), d)
  b <- if (inherits(m, "glmmTMB")) fixef(m)$cond else fixef(m); V <- if (inherits(m, "glmmTMB")) vcov(m)$cond else as.matrix(vcov(m))
  ends(case, names, as.numeric(logLik(m)), at, unname(b[-1]), unname(sqrt(diag(V))[-1]), if (is.null(rough)) NULL else rough(m))
}
tmb <- function(family) function(f, d) glmmTMB(f, d, family = family, control = tmb_tight)
by_lmer <- function(f, d) lmer(f, d, REML = FALSE, control = lmer_tight)
by_glmer <- function(nodes) function(f, d) suppressWarnings(glmer(f, d, binomial(), nAGQ = nodes, control = glmer_tight))
confint_of <- function(columns) function(m) suppressMessages(suppressWarnings(confint(m, parm = columns, method = "profile")))[columns, , drop = FALSE]
b <- get("mixed_bacteria.csv"); b$ID <- factor(b$ID); b$drug <- as.numeric(b$trt == "drug"); b$drugp <- as.numeric(b$trt == "drug+")
e <- get("mixed_epil.csv"); e$subject <- factor(e$subject); e$drug <- as.numeric(e$trt == "progabide")
s <- get("mixed_sleep.csv"); s$subject <- factor(s$subject)
g <- get("crossed_grouseticks.csv"); g$brood <- factor(g$brood); g$location <- factor(g$location)
two <- c("(1 | brood)", "(1 | location)"); years <- c("y96", "y97", "height")
out <- rbind(
  engine("linear_sleep", "reaction", "Days", "Days", "(1 + Days | subject)", s, by_lmer, confint_of("Days")),
  engine("linear_ticks", "ticks", years, years, two, g, by_lmer, confint_of(years)),
  engine("logit_bacteria", "y", c("drug", "drugp", "late"), c("trtdrug", "trtdrug+", "late"), "(1 | ID)", b, tmb(binomial()), NULL),
  engine("logit_bacteria_9", "y", c("drug", "drugp", "late"), c("trtdrug", "trtdrug+", "late"), "(1 | ID)", b, by_glmer(9), confint_of(c("drug", "drugp", "late"))),
  engine("poisson_slope_epil", "y", c("lbase", "drug", "lage"), c("lbase", "trtprogabide", "lage"), "(1 + period | subject)", e, tmb(poisson())),
  engine("cloglog_ticks", "any", years, years, two, g, tmb(binomial("cloglog"))),
  engine("negative_binomial_ticks", "ticks", years, years, two, g, tmb(nbinom2())))
# ordered levels: Laplace written plainly, as in scripts/reference/mixed.R
w <- get("mixed_wine.csv"); y <- as.integer(w$rating); X <- cbind(as.numeric(w$temp == "warm"), as.numeric(w$contact == "yes")); judge <- as.integer(factor(w$judge)); F <- plogis
laplace <- function(t) {
  th <- cumsum(c(t[1], exp(t[2:4]))); fixed <- drop(X %*% t[5:6]); s <- t[7]; total <- 0
  for (j in unique(judge)) {
    rows <- which(judge == j); a <- c(th, Inf)[y[rows]] - fixed[rows]; z <- c(-Inf, th)[y[rows]] - fixed[rows]
    v <- 0; for (i in 1:100) { h <- 1 + s^2 * sum(dlogis(a - s * v) + dlogis(z - s * v)); step <- (-s * sum(1 - F(a - s * v) - F(z - s * v)) - v) / h; v <- v + step; if (abs(step) < 1e-13) break }
    total <- total + sum(log(F(a - s * v) - F(z - s * v))) - v^2 / 2 - log(1 + s^2 * sum(dlogis(a - s * v) + dlogis(z - s * v))) / 2
  }
  total
}
w$rating <- ordered(w$rating); m <- clmm(rating ~ temp + contact + (1 | judge), data = w); start <- unname(c(m$alpha[1], log(diff(m$alpha)), m$beta, m$ST[[1]][1]))
best <- function(start, free) { t <- start; f <- function(x) -laplace(replace(t, free, x)); x <- t[free]
  for (i in 1:4) x <- optim(x, f, method = "BFGS", control = list(reltol = 1e-15, maxit = 500, ndeps = rep(1e-4, length(x))))$par
  list(value = -f(x), par = replace(t, free, x)) }
top <- best(start, 1:7); se <- unname(sqrt(diag(vcov(m)))[c("tempwarm", "contactyes")])
out <- rbind(out, ends("ordinal_wine", c("tempwarm", "contactyes"), top$value, function(j, v) best(replace(top$par, 4 + j, v), setdiff(1:7, 4 + j))$value, top$par[5:6], se))
path <- file.path(into, "mixed_profile.csv")
writeLines(paste0("# profile intervals of mixed models, ", R.version.string, ", lme4 ", packageVersion("lme4"), ", glmmTMB ", packageVersion("glmmTMB"), ", ordinal ",
                  packageVersion("ordinal"), ", made by scripts/reference/mixed_profile.R; tolerance 1e-4 standard errors"), path)
suppressWarnings(write.table(out, path, append = TRUE, sep = ",", quote = FALSE, row.names = FALSE))
