# SPDX-License-Identifier: GPL-3.0-or-later
# Reference diagnoses for tests/fit/test_diagnose.c.
#   Rscript scripts/reference/diagnose.R tests/reference
#
# Proportional hazards: cox.zph of survival, transform km, on rossi.csv, with both ways of ties, delayed entry and strata. Variance inflation: car's
# vif of a logit on phd.csv. Proportional odds: Brant's test of phd.csv written here from glm fits to each threshold.
suppressMessages({library(survival); library(car)})
into <- commandArgs(TRUE)[1]
number <- function(x) format(x, digits = 17, trim = TRUE)
tight <- glm.control(epsilon = 1e-15, maxit = 200)
rossi <- read.csv(file.path(into, "rossi.csv"), comment.char = "#", stringsAsFactors = TRUE)
zph <- function(case, m) { t <- cox.zph(m)$table; data.frame(case = case, term = rownames(t), statistic = number(t[, 1]), df = t[, 2], p = number(t[, 3])) }
exact <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 100)
out <- rbind(zph("rossi", coxph(Surv(week, arrest) ~ fin + age + prio + mar, rossi, control = exact)),
             zph("breslow", coxph(Surv(week, arrest) ~ fin + age + prio + mar, rossi, ties = "breslow", control = exact)),
             zph("entry", coxph(Surv(entry, week, arrest) ~ fin + age + prio, subset(rossi, entry < week), control = exact)),
             zph("strata", coxph(Surv(week, arrest) ~ fin + age + prio + strata(race), rossi, control = exact)))
d <- read.csv(file.path(into, "phd.csv"), comment.char = "#", stringsAsFactors = TRUE)
d$any <- as.numeric(d$articles > 0)
d$y <- 1 + (d$articles > 0) + (d$articles > 1) + (d$articles > 3)
v <- vif(glm(any ~ gender + married + kids + prestige + mentor, binomial, d, control = tight))
out <- rbind(out, data.frame(case = "vif", term = names(v), statistic = number(sqrt(v)), df = 1, p = -1))
X <- model.matrix(~ gender + married + kids + prestige, d); p <- ncol(X)
fits <- lapply(1:3, function(k) glm(as.numeric(d$y > k) ~ X - 1, binomial, control = tight))
P <- sapply(fits, fitted); B <- unlist(lapply(fits, coef)); V <- matrix(0, 3 * p, 3 * p)
A <- lapply(1:3, function(k) solve(t(X) %*% (X * (P[, k] * (1 - P[, k])))))
for (k in 1:3) for (l in k:3) { W <- A[[k]] %*% t(X) %*% (X * (P[, l] - P[, k] * P[, l])) %*% A[[l]]
  V[(k - 1) * p + 1:p, (l - 1) * p + 1:p] <- W; V[(l - 1) * p + 1:p, (k - 1) * p + 1:p] <- t(W) }
brant <- function(term, j) { D <- do.call(rbind, lapply(2:3, function(k) { D <- matrix(0, length(j), 3 * p); D[cbind(seq_along(j), j)] <- -1
  D[cbind(seq_along(j), (k - 1) * p + j)] <- 1; D }))
  q <- drop(t(D %*% B) %*% solve(D %*% V %*% t(D), D %*% B)); data.frame(case = "brant", term = term, statistic = number(q), df = nrow(D), p = number(pchisq(q, nrow(D), lower.tail = FALSE))) }
out <- rbind(out, brant("GLOBAL", 2:p))
# Scores of a made risk of Rossi's men, who are watched up to week 10 + (37 row mod 45) at most: concordance() with both weights; Graf's Brier score and the
# weighted AUC in plain R; censoring after the events of its time.
rossi$watched <- 10 + (37 * rossi$row) %% 45
rossi$time <- pmin(rossi$week, rossi$watched); rossi$event <- ifelse(rossi$watched < rossi$week, 0, rossi$arrest)
rossi$risk <- plogis((rossi$prio - rossi$age / 5) / 4); tau <- 40
curve <- function(happened, there, t) prod(vapply(sort(unique(rossi$time[happened & rossi$time <= t])), function(v) 1 - sum(happened & rossi$time == v) / there(v), 0))
G <- function(t) curve(rossi$event == 0, function(v) sum(rossi$time >= v) - sum(rossi$event == 1 & rossi$time == v), t)
share <- 1 - curve(rossi$event == 1, function(v) sum(rossi$time >= v), tau)
w <- with(rossi, ifelse(event == 1 & time <= tau, 1 / sapply(time - 0.5, G), ifelse(time > tau, 1 / G(tau), 0)))
happened <- with(rossi, event == 1 & time <= tau); later <- rossi$time > tau
better <- outer(rossi$risk[happened], rossi$risk[later], function(a, b) (a > b) + (a == b) / 2)
scores <- c(harrell = concordance(Surv(time, event) ~ risk, rossi, reverse = TRUE)$concordance,
            uno = concordance(Surv(time, event) ~ risk, rossi, reverse = TRUE, timewt = "n/G2", ymax = tau)$concordance,
            auc = sum(w[happened] * rowMeans(better)) / sum(w[happened]), brier = mean(w * (happened - rossi$risk)^2),
            alike = mean(w * (happened - share)^2), share = share)
out <- rbind(out, data.frame(case = "scores", term = names(scores), statistic = number(scores), df = 1, p = -1))
path <- file.path(into, "diagnose.csv")
writeLines(paste0("# diagnoses of fits to rossi.csv and phd.csv, ", R.version.string, ", survival ", packageVersion("survival"), ", car ", packageVersion("car"),
                  ", made by scripts/reference/diagnose.R; tolerance 1e-8"), path)
suppressWarnings(write.table(out, path, append = TRUE, sep = ",", quote = FALSE, row.names = FALSE))
