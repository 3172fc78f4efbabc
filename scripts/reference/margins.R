# SPDX-License-Identifier: GPL-3.0-or-later
# Reference average marginal effects and predictions of profiles for tests/fit/test_margins.c and test_predictions.c.
#   Rscript scripts/reference/margins.R tests/reference
#
# Means of predictions over phd.csv with one variable set to a level for everybody, or moved; derivatives by the variable and gradients by the parameters
# are Richardson differences; standard errors by the delta method with the model's covariance (logit, poisson: sandwich's CR1 by field).
suppressMessages({library(MASS); library(sandwich); library(splines)})
into <- commandArgs(TRUE)[1]
d <- read.csv(file.path(into, "phd.csv"), comment.char = "#", stringsAsFactors = TRUE)
d$any <- as.numeric(d$articles > 0); d$field <- (seq_len(nrow(d)) * 7) %% 23
d$much <- ordered(1 + (d$articles > 0) + (d$articles > 1) + (d$articles > 3))
tight <- glm.control(epsilon = 1e-15, maxit = 200)
number <- function(x) format(x, digits = 17, trim = TRUE)
derive <- function(f, x, h) { D <- sapply(0:4, function(k) { s <- h / 2^k; (f(x + s) - f(x - s)) / (2 * s) }); D <- matrix(D, ncol = 5)
  for (k in 1:4) D <- (4^k * D[, -1, drop = FALSE] - D[, -ncol(D), drop = FALSE]) / (4^k - 1); D[, 1] }
gradient <- function(f, b, se) matrix(sapply(seq_along(b), function(j) derive(function(t) f(replace(b, j, t)), b[j], 0.1 * se[j])), ncol = length(b))
ratios <- NULL
effects <- function(case, b, V, mean_of, names, measures = c("risk ratio", "odds ratio")) { # mean_of(data, parameters): one number a response
  se <- sqrt(diag(V))
  line <- function(what, f) { e <- f(b); g <- gradient(f, b, se); data.frame(case = case, what = what, of = names, effect = number(e), se = number(sqrt(diag(g %*% V %*% t(g))))) }
  set <- function(name, to) { e <- d; e[[name]] <- factor(to, levels(d[[name]])); e }
  move <- function(name, by) { e <- d; e[[name]] <- e[[name]] + by; e }
  ratio <- function(what, measure, to, base) { # log(to / base); the error is that of the logarithm
    odds <- function(p) if (measure == "odds ratio") p / (1 - p) else p
    f <- function(t) log(odds(mean_of(to, t))) - log(odds(mean_of(base, t)))
    cbind(line(what, f), measure = measure) }
  ratios <<- rbind(ratios, do.call(rbind, lapply(measures, function(m) rbind(ratio("gender: male / female", m, set("gender", "male"), set("gender", "female")),
                                                                             ratio("kids: one more", m, move("kids", 1), d)))))
  rbind(line("mean", function(t) mean_of(d, t)),
        line("gender: male - female", function(t) mean_of(set("gender", "male"), t) - mean_of(set("gender", "female"), t)),
        line("kids: slope", function(t) derive(function(h) mean_of(move("kids", h), t), 0, 0.2)),
        line("prestige: slope", function(t) derive(function(h) mean_of(move("prestige", h), t), 0, 0.2)))
}
# Predictions for a profile with every column stated ("whole") and one with the gender alone ("her", averaged over the rows), their difference and ratio.
predictions <- function(case, b, V, mean_of, names, range, factor) {
  se <- sqrt(diag(V))
  whole <- d[1, ]; whole$gender <- factor("male", levels(d$gender)); whole$kids <- 1; whole$prestige <- 3.2
  her <- d; her$gender <- factor("female", levels(d$gender))
  at <- list(whole = function(t) mean_of(whole, t), her = function(t) mean_of(her, t))
  line <- function(profile, measure, f, to, from) { # limits symmetric on the scale `to`
    v <- f(b); g <- gradient(f, b, se); s <- sqrt(diag(g %*% V %*% t(g))); h <- gradient(function(t) to(f(t)), b, se); u <- factor * sqrt(diag(h %*% V %*% t(h)))
    data.frame(case = case, profile = profile, measure = measure, of = names, value = number(v), se = number(if (measure == "ratio") u / factor else s),
               lower = number(from(to(v) - u)), upper = number(from(to(v) + u))) }
  scale <- list(all = list(identity, identity), positive = list(log, exp), probability = list(qlogis, plogis))[[range]]
  out <- rbind(line("whole", "level", at$whole, scale[[1]], scale[[2]]), line("her", "level", at$her, scale[[1]], scale[[2]]),
               line("whole", "difference", function(t) at$whole(t) - at$her(t), identity, identity))
  if (range != "all") out <- rbind(out, line("whole", "ratio", function(t) at$whole(t) / at$her(t), log, exp))
  out
}
f <- ~ gender * kids + prestige + I(prestige^2)
X <- function(e) model.matrix(f, e)
out <- made <- NULL
fields <- length(unique(d$field))
m <- glm(update(f, any ~ .), binomial, d, control = tight)
out <- rbind(out, effects("logit", coef(m), vcovCL(m, cluster = d$field, type = "HC1"), function(e, t) mean(plogis(X(e) %*% t)), "-"))
made <- rbind(made, predictions("logit", coef(m), vcovCL(m, cluster = d$field, type = "HC1"), function(e, t) mean(plogis(X(e) %*% t)), "-",
                                "probability", qt(0.975, fields - 1)))
m <- glm(update(f, articles ~ .), poisson, d, control = tight)
out <- rbind(out, effects("poisson", coef(m), vcovCL(m, cluster = d$field, type = "HC1"), function(e, t) mean(exp(X(e) %*% t)), "-", "rate ratio"))
made <- rbind(made, predictions("poisson", coef(m), vcovCL(m, cluster = d$field, type = "HC1"), function(e, t) mean(exp(X(e) %*% t)), "-",
                                "positive", qt(0.975, fields - 1)))
m <- ordinal::clm(update(f, much ~ .), data = d, control = ordinal::clm.control(gradTol = 1e-12, maxIter = 200))
levels_of <- function(e, t) { eta <- X(e)[, -1, drop = FALSE] %*% t[-(1:3)]; P <- matrix(sapply(t[1:3], function(c) plogis(c - eta)), ncol = 3)
  P <- cbind(P, 1); colMeans(cbind(P[, 1], P[, -1, drop = FALSE] - P[, -4, drop = FALSE])) }
out <- rbind(out, effects("ordinal", coef(m), vcov(m), levels_of, as.character(1:4)))
made <- rbind(made, predictions("ordinal", coef(m), vcov(m), levels_of, as.character(1:4), "probability", qnorm(0.975)))
m <- lm(update(f, articles ~ .), d)
out <- rbind(out, effects("linear", coef(m), vcov(m), function(e, t) mean(X(e) %*% t), "-", NULL))
made <- rbind(made, predictions("linear", coef(m), vcov(m), function(e, t) mean(X(e) %*% t), "-", "all", qnorm(0.975)))
write_out <- function(name, what, table) {
  path <- file.path(into, name)
  writeLines(paste0("# ", what, " of fits to phd.csv, ", R.version.string, ", sandwich ", packageVersion("sandwich"), ", ordinal ",
                    packageVersion("ordinal"), ", made by scripts/reference/margins.R; tolerance 1e-7"), path)
  suppressWarnings(write.table(table, path, append = TRUE, sep = ",", quote = FALSE, row.names = FALSE))
}
write_out("margins_phd.csv", "average marginal effects", out)
ratios$effect <- number(exp(as.numeric(ratios$effect)))
write_out("ratios_phd.csv", "ratios of average predictions (se: of the logarithm)", ratios)
write_out("predictions_phd.csv", "predictions for profiles", made)
