# SPDX-License-Identifier: GPL-3.0-or-later
# Reference predictions with errors and intervals for tests/fit/test_intervals.c: predict.glm, predict.clm, survreg with derivatives by hand.
#   Rscript scripts/reference/predict.R tests/reference
# Reads rossi.csv and mixed_wine.csv there; writes predict.csv.
suppressMessages({library(survival); library(ordinal)})
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 17, trim = TRUE, scientific = FALSE)
z <- qnorm(0.975)
r <- read.csv(file.path(into, "rossi.csv"), comment.char = "#")
rows <- c(1, 2, 7, 100, 432)
line <- function(case, row, cell, estimate, se, lower, upper)
  data.frame(case = case, row = row - 1, cell = cell, estimate = number(estimate), se = number(se), lower = number(lower), upper = number(upper))

tight <- glm.control(epsilon = 1e-15, maxit = 100)
generalised <- function(case, formula, family) {
  fit <- glm(formula, family, r, control = tight)
  fit <- glm(formula, family, r, control = tight, start = coef(fit)) # the weights of the last step are those of the estimate
  link <- predict(fit, r[rows, ], se.fit = TRUE); response <- predict(fit, r[rows, ], se.fit = TRUE, type = "response")
  a <- fit$family$linkinv(link$fit - z * link$se.fit); b <- fit$family$linkinv(link$fit + z * link$se.fit)
  rbind(line(paste0(case, "_link"), rows, 0, link$fit, link$se.fit, link$fit - z * link$se.fit, link$fit + z * link$se.fit),
        line(case, rows, 0, response$fit, response$se.fit, a, b))
}

# Weibull: log S = -exp((log t - eta) / sigma); derivatives by eta and log sigma.
times <- c(10, 30, 52)
weibull <- function() {
  fit <- survreg(Surv(week, arrest) ~ fin + age + prio, r, control = survreg.control(rel.tolerance = 1e-15, maxiter = 200, toler.chol = 1e-14))
  x <- model.matrix(~ fin + age + prio, r)[rows, ]
  do.call(rbind, lapply(seq_along(rows), function(i) do.call(rbind, lapply(seq_along(times), function(k) {
    u <- (log(times[k]) - sum(x[i, ] * coef(fit))) / fit$scale
    s <- exp(-exp(u))
    g <- s * exp(u) * c(x[i, ] / fit$scale, u)
    se <- sqrt(drop(t(g) %*% vcov(fit) %*% g)); half <- z * se / (s * abs(log(s))); middle <- log(-log(s))
    line("weibull", rows[i], k - 1, s, se, exp(-exp(middle + half)), exp(-exp(middle - half)))
  }))))
}

# Its restricted mean, the area under S up to t, with the areas of the derivatives; s = t v^6 takes what is steep at 0.
weibull_area <- function() {
  fit <- survreg(Surv(week, arrest) ~ fin + age + prio, r, control = survreg.control(rel.tolerance = 1e-15, maxiter = 200, toler.chol = 1e-14))
  x <- model.matrix(~ fin + age + prio, r)[rows, ]
  area <- function(f, t) integrate(function(v) f(t * v^6) * 6 * t * v^5, 0, 1, rel.tol = 1e-12, subdivisions = 1000)$value
  do.call(rbind, lapply(seq_along(rows), function(i) do.call(rbind, lapply(seq_along(times), function(k) {
    eta <- sum(x[i, ] * coef(fit)); u <- function(t) (log(t) - eta) / fit$scale
    value <- area(function(t) exp(-exp(u(t))), times[k])
    g <- c(x[i, ] / fit$scale * area(function(t) exp(-exp(u(t)) + u(t)), times[k]), area(function(t) exp(-exp(u(t)) + u(t)) * u(t), times[k]))
    se <- sqrt(drop(t(g) %*% vcov(fit) %*% g))
    line("weibull_area", rows[i], k - 1, value, se, max(value - z * se, 0), min(value + z * se, times[k]))
  }))))
}

ordered_levels <- function(link) {
  w <- read.csv(file.path(into, "mixed_wine.csv"), comment.char = "#")
  w$level <- factor(w$rating, ordered = TRUE)
  fit <- clm(level ~ temp + contact, data = w, link = link, control = clm.control(gradTol = 1e-12, maxIter = 200))
  p <- predict(fit, w[c(1, 20, 60), c("temp", "contact")], se.fit = TRUE, interval = TRUE)
  do.call(rbind, lapply(1:3, function(i) line(paste0("ordinal_", link), c(1, 20, 60)[i], 0:4, p$fit[i, ], p$se.fit[i, ], p$lwr[i, ], p$upr[i, ])))
}

con <- file(file.path(into, "predict.csv"), "w")
writeLines(c("# predictions of rows of rossi.csv and mixed_wine.csv with standard errors and limits; tolerance 1e-8",
  sprintf("# %s, survival %s, ordinal %s", R.version.string, packageVersion("survival"), packageVersion("ordinal"))), con)
write.table(rbind(generalised("logit", arrest ~ fin + age + prio, binomial()), generalised("cloglog", arrest ~ fin + age + prio, binomial("cloglog")),
  generalised("poisson", prio ~ fin + age, poisson()), generalised("linear", educ ~ fin + age, gaussian()), weibull(), weibull_area(), ordered_levels("logit"),
  ordered_levels("probit")), con, sep = ",", quote = FALSE, row.names = FALSE)
close(con)
