# SPDX-License-Identifier: GPL-3.0-or-later
# Reference tests of terms for tests/fit/test_tests.c.
#   Rscript scripts/reference/tests.R tests/reference
#
# Likelihood ratios by car (Anova, type II) and by hand for lm and clm; Rao's score by anova(test = "Rao"), for lm N (RSS0 - RSS1) / RSS0; Wald by
# car's linearHypothesis with the model's covariance (F of sandwich's CR1 by cluster where `cluster` says so).
suppressMessages({library(car); library(sandwich); library(ordinal); library(survival)})
into <- commandArgs(TRUE)[1]
d <- read.csv(file.path(into, "phd.csv"), comment.char = "#", stringsAsFactors = TRUE)
d$any <- as.numeric(d$articles > 0)
d$field <- (seq_len(nrow(d)) * 7) %% 23
d$much <- ordered(1 + (d$articles > 0) + (d$articles > 1) + (d$articles > 3))
tight <- glm.control(epsilon = 1e-15, maxit = 200)
number <- function(x) format(x, digits = 17, trim = TRUE)
terms_of <- list("gender", "married", "kids", "prestige", "gender:married")
without <- function(term, all) all[!sapply(strsplit(all, ":"), function(v) all(strsplit(term, ":")[[1]] %in% v))]
rhs <- function(terms) reformulate(if (length(terms)) terms else "1")
all <- unlist(terms_of)
one <- function(case, fit, loglik, score, wald) do.call(rbind, lapply(all, function(t) {
  base <- c(setdiff(without(t, all), t), t); small <- setdiff(base, t)
  m1 <- fit(base); m0 <- fit(small)
  w <- wald(m1, t)
  data.frame(case = case, term = t, lr = number(2 * (loglik(m1) - loglik(m0))), wald = number(w[1]), wald_p = number(w[2]), score = number(score(m0, m1)))
}))
chi <- function(m, b, V, which) { w <- drop(b[which] %*% solve(V[which, which, drop = FALSE], b[which])); c(w, pchisq(w, length(which), lower.tail = FALSE)) }
columns <- function(m, t) which(names(coef(m)) %in% switch(t, gender = "gendermale", married = "marriedyes", `gender:married` = "gendermale:marriedyes", t))
glms <- function(case, y, family) {
  e <- d; e$y <- y
  fit <- function(terms) do.call(glm, list(update(rhs(terms), y ~ .), family = family, data = e, control = tight))
  one(case, fit, function(m) as.numeric(logLik(m)), function(a, b) anova(a, b, test = "Rao")$Rao[2],
      function(m, t) { V <- vcovCL(m, cluster = e$field, type = "HC1"); w <- chi(m, coef(m), V, columns(m, t)); c(w[1], pf(w[1], 1, 22, lower.tail = FALSE)) })
}
ols <- one("linear", function(terms) lm(update(rhs(terms), articles ~ .), d), function(m) as.numeric(logLik(m)),
           function(a, b) nrow(d) * (deviance(a) - deviance(b)) / deviance(a), function(m, t) chi(m, coef(m), vcov(m), columns(m, t)))
clms <- one("ordinal", function(terms) clm(update(rhs(terms), much ~ .), data = d, control = clm.control(gradTol = 1e-12, maxIter = 200)),
            function(m) as.numeric(logLik(m)), function(a, b) -1, function(m, t) chi(m, coef(m), vcov(m), columns(m, t)))
all <- setdiff(all, "kids")
cox <- one("cox", function(terms) coxph(update(rhs(terms), Surv(articles + 1, kids == 0) ~ .), d, ties = "efron", eps = 1e-14, iter.max = 100),
           function(m) m$loglik[length(m$loglik)], function(a, b) -1, function(m, t) chi(m, coef(m), vcov(m), columns(m, t)))
all <- unlist(terms_of)
path <- file.path(into, "tests_phd.csv")
check <- Anova(glm(any ~ gender * married + kids + prestige, binomial, d, control = tight), type = 2, test.statistic = "LR")
logits <- glms("logit", d$any, binomial())
stopifnot(max(abs(check[all, 1] - as.numeric(logits$lr))) < 1e-8)
writeLines(paste0("# tests of terms of fits to phd.csv, ", R.version.string, ", car ", packageVersion("car"), ", sandwich ", packageVersion("sandwich"),
                  ", ordinal ", packageVersion("ordinal"), ", made by scripts/reference/tests.R; -1 = none; tolerance 1e-8"), path)
suppressWarnings(write.table(rbind(logits, glms("poisson", d$articles, poisson()), ols, clms, cox), path, append = TRUE, sep = ",", quote = FALSE,
                             row.names = FALSE))
