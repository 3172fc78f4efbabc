# SPDX-License-Identifier: GPL-3.0-or-later
# Reference profile intervals for tests/fit/test_profile.c.
#   Rscript scripts/reference/profile.R tests/reference
#
# A coefficient is held by an offset of its column, the rest fitted tightly (glm, clm, coxph, lm); the ends are where twice the log-likelihood has fallen by
# qchisq(0.95, 1), by uniroot to 1e-13. confint of MASS and ordinal must lie within 1e-3 standard errors, or the script stops.
suppressMessages({library(MASS); library(ordinal); library(survival)})
into <- commandArgs(TRUE)[1]
d <- read.csv(file.path(into, "phd.csv"), comment.char = "#", stringsAsFactors = TRUE)
d$any <- as.numeric(d$articles > 0); d$male <- as.numeric(d$gender == "male"); d$much <- ordered(1 + (d$articles > 0) + (d$articles > 1) + (d$articles > 3))
tight <- glm.control(epsilon = 1e-15, maxit = 200)
number <- function(x) format(x, digits = 17, trim = TRUE)
names_of <- c("gendermale", "kids", "prestige"); columns <- c("male", "kids", "prestige")
ends <- function(case, loglik, est, se, rough) do.call(rbind, lapply(seq_along(columns), function(j) {
  top <- loglik(NULL, 0); f <- function(v) 2 * (top - loglik(columns[j], v)) - qchisq(0.95, 1)
  side <- function(s) uniroot(f, sort(est[j] + s * se[j] * c(1, 4)), tol = 1e-13 * se[j] + 1e-14, maxiter = 1000)$root
  e <- c(side(-1), side(1))
  if (!is.null(rough)) stopifnot(all(abs(e - rough[j, ]) < 2e-3 * se[j]))
  data.frame(case = case, name = names_of[j], lower = number(e[1]), upper = number(e[2]))
}))
with_offset <- function(held, v) { e <- d; e$o <- if (is.null(held)) 0 else v * e[[held]]; e }
terms_but <- function(y, held) as.formula(paste(y, "~", paste(c(setdiff(columns, held), "offset(o)"), collapse = " + ")))
glms <- function(case, y, family) { m <- glm(as.formula(paste(y, "~ male + kids + prestige")), family, d, control = tight)
  ends(case, function(h, v) as.numeric(logLik(do.call(glm, list(terms_but(y, h), family = family, data = with_offset(h, v), control = tight)))),
       coef(m)[-1], sqrt(diag(vcov(m)))[-1], suppressMessages(confint(m))[-1, ]) }
out <- rbind(glms("logit", "any", binomial()), glms("poisson", "articles", poisson()))
m <- lm(articles ~ male + kids + prestige, d)
out <- rbind(out, ends("linear", function(h, v) as.numeric(logLik(lm(terms_but("articles", h), with_offset(h, v)))), coef(m)[-1], sqrt(diag(vcov(m)))[-1], NULL))
control <- clm.control(gradTol = 1e-12, maxIter = 200)
m <- clm(much ~ male + kids + prestige, data = d, control = control)
out <- rbind(out, ends("ordinal", function(h, v) as.numeric(logLik(clm(terms_but("much", h), data = with_offset(h, v), control = control))), coef(m)[-(1:3)],
                       sqrt(diag(vcov(m)))[-(1:3)], confint(m)))
exact <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 100)
names_of <- c("gendermale", "prestige"); columns <- c("male", "prestige")
m <- coxph(Surv(articles + 1, kids == 0) ~ male + prestige, d, control = exact)
out <- rbind(out, ends("cox", function(h, v) { l <- coxph(terms_but("Surv(articles + 1, kids == 0)", h), with_offset(h, v), control = exact)$loglik; l[length(l)] },
                       coef(m), sqrt(diag(vcov(m))), NULL))
# times: articles + 1, an event without kids; survreg takes offsets. The scale is held by `scale`
times <- list(exponential = "exponential", weibull = "weibull", survival_lognormal = "lognormal", loglogistic = "loglogistic")
narrow <- survreg.control(rel.tolerance = 1e-14, toler.chol = 1e-14, maxiter = 200)
for (law in names(times)) {
  m <- survreg(Surv(articles + 1, kids == 0) ~ male + prestige, d, dist = times[[law]], control = narrow)
  out <- rbind(out, ends(law, function(h, v) as.numeric(logLik(survreg(terms_but("Surv(articles + 1, kids == 0)", h), with_offset(h, v), dist = times[[law]], control = narrow))),
                         coef(m)[-1], sqrt(diag(vcov(m)))[2:3], NULL))
  if (law == "exponential") next
  top <- as.numeric(logLik(m)); se <- sqrt(vcov(m)[4, 4])
  f <- function(v) 2 * (top - as.numeric(logLik(survreg(Surv(articles + 1, kids == 0) ~ male + prestige, d, dist = times[[law]], scale = exp(v), control = narrow)))) - qchisq(0.95, 1)
  e <- sapply(c(-1, 1), function(s) uniroot(f, sort(log(m$scale) + s * se * c(1, 4)), tol = 1e-13, maxiter = 1000)$root)
  out <- rbind(out, data.frame(case = law, name = "Log(scale)", lower = number(e[1]), upper = number(e[2])))
}
# counts and positive numbers: the likelihood with its shape at the best, written plainly; Newton's steps with numeric differences after BFGS
names_of <- c("gendermale", "kids", "prestige"); columns <- c("male", "kids", "prestige")
shaped <- function(case, y, density) {
  minus <- function(p, X, o) -sum(density(y, exp(drop(X %*% p[-length(p)]) + o), exp(p[length(p)])))
  fitted <- function(h, v, start = NULL) {
    X <- cbind(1, as.matrix(d[setdiff(columns, h)])); o <- if (is.null(h)) 0 else v * d[[h]]
    p <- if (is.null(start)) c(log(mean(y)), rep(0, ncol(X) - 1), 0.5) else start
    for (i in 1:3) p <- optim(p, minus, X = X, o = o, method = "BFGS", control = list(reltol = 1e-16, maxit = 1000, ndeps = rep(1e-5, length(p))))$par
    list(value = -minus(p, X, o), par = p, hessian = optimHess(p, minus, X = X, o = o, control = list(ndeps = rep(1e-4, length(p))))) }
  m <- fitted(NULL, 0)
  ends(case, function(h, v) if (is.null(h)) m$value else fitted(h, v, m$par[-(1 + match(h, columns))])$value, m$par[2:4], sqrt(diag(solve(m$hessian)))[2:4], NULL)
}
out <- rbind(out, shaped("negative_binomial", d$articles, function(y, m, a) dnbinom(y, size = a, mu = m, log = TRUE)),
             shaped("gamma", d$articles + 1, function(y, m, a) dgamma(y, a, a / m, log = TRUE)))
path <- file.path(into, "profile_phd.csv")
writeLines(paste0("# profile intervals of fits to phd.csv, ", R.version.string, ", ordinal ", packageVersion("ordinal"), ", survival ", packageVersion("survival"),
                  ", made by scripts/reference/profile.R; tolerance 1e-7 standard errors"), path)
suppressWarnings(write.table(out, path, append = TRUE, sep = ",", quote = FALSE, row.names = FALSE))
