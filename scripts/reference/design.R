# SPDX-License-Identifier: GPL-3.0-or-later
# Reference values of designs: columns and names of R's model.matrix for formulas on a small table.
# Rscript scripts/reference/design.R  (from the top folder; writes tests/reference/design_*.csv)
Sys.setlocale("LC_COLLATE", "C")
options(contrasts = c("contr.treatment", "contr.treatment"), digits = 17)
suppressMessages(library(splines))
set.seed(20210705)
n <- 48
data <- data.frame(
  arm = sample(c("none", "informal", "structured"), n, TRUE),
  grade = sample(c("G1", "G2", "G4"), n, TRUE),
  department = sample(c("Sales", "it", "R&D"), n, TRUE),
  tenure = round(ifelse(runif(n) < 0.3, 0, rexp(n, 0.2)), 3),
  x = round(rnorm(n), 4),
  age = sample(21:59, n, TRUE),
  month = sample(c(2, 10, 11), n, TRUE),
  score = sample(c(0.5, 1.25, 100000), n, TRUE))
arms <- c("none", "informal", "structured")
grades <- c("G1", "G2", "G3", "G4") # G3 is never present
formulas <- c(
  "~ arm", "~ arm * grade", "~ arm:grade", "~ arm + arm:grade", "~ x:arm", "~ x + x:arm", "~ arm - 1", "~ 0 + x + arm + grade",
  "~ (arm + grade + x)^2", "~ (arm + grade + department)^3 - arm:grade:department", "~ ns(tenure, 3)",
  "~ ns(tenure, df = 4, intercept = TRUE) - 1", "~ arm * ns(tenure, 3)",
  "~ ns(age, knots = c(30, 40, 50), Boundary.knots = c(25, 56))", "~ poly(x, 3, raw = TRUE)", "~ poly(age, 2) * arm",
  "~ I(x^2) + log(age) + sqrt(tenure) + exp(x/2) + I(x * age - 3)", "~ factor(month) + grade", "~ grade/arm",
  "~ ns(log(tenure + 1), 3)", "~ x:age + arm:x:grade", "~ department * arm - arm", "~ grade:arm + arm", "~ offset(log(age)) + x",
  "~ ns(tenure, 1) + poly(x, 1)", "~ ns(tenure, 5)", "~ (x + age + tenure)^3", "~ x * factor(score) - x", "~ 0 + x:arm + ns(age, 2):grade",
  "~ ns(x, 6) + I((age - 40)/10) + I(-x^3) + log1p(tenure) + log2(age) + log10(age) + abs(x)", "~ poly(tenure, 4) + poly(x, 2, raw = TRUE):arm",
  "~ 1", "~ age + I(age^2):arm:ns(x, 2)", "~ department + arm:department - 1")
write <- function(frame, file, head) {
  con <- file(file.path("tests", "reference", file), "w")
  writeLines(head, con)
  writeLines(paste(sprintf("\"%s\"", colnames(frame)), collapse = ","), con)
  for (i in seq_len(nrow(frame)))
    writeLines(paste(vapply(frame[i, ], function(v) if (is.character(v)) v else sprintf("%.17g", v), ""), collapse = ","), con)
  close(con)
}
who <- paste0("# ", R.version.string, ", splines ", packageVersion("splines"), ", made by scripts/reference/design.R; tolerance 1e-12")
write(data, "design_data.csv", who)
data$arm <- factor(data$arm, arms)
data$grade <- droplevels(factor(data$grade, grades))
data$department <- factor(data$department)
for (k in seq_along(formulas)) {
  frame <- model.frame(as.formula(formulas[k]), data)
  x <- model.matrix(attr(frame, "terms"), frame)
  offset <- model.offset(frame)
  out <- cbind(as.data.frame(unclass(x), check.names = FALSE, optional = TRUE), if (is.null(offset)) 0 else offset)
  colnames(out) <- c(colnames(x), "offset")
  write(out, sprintf("design_%02d.csv", k), c(paste0("#", formulas[k]), who))
}

# Bases of ns() on 40 sets of knots, at points inside and outside.
out <- NULL
for (case in 1:40) {
  k <- (case - 1) %% 6
  b <- sort(round(runif(2, -10, 30), 3))
  knots <- sort(round(runif(k, b[1], b[2]), 3))
  if (case > 30 && k > 1) knots[2] <- knots[1]
  intercept <- case %% 5 == 0
  at <- c(b, runif(4, b[1], b[2]), b[1] - 1.5, b[2] + 2.25, knots[seq_len(min(k, 1))])
  basis <- ns(at, knots = knots, Boundary.knots = b, intercept = intercept)
  for (i in seq_along(at))
    out <- rbind(out, c(case, k, intercept, b, knots, rep(0, 5 - k), at[i], basis[i, ], rep(0, 7 - ncol(basis))))
}
colnames(out) <- c("case", "n_knots", "intercept", "low", "high", paste0("knot", 1:5), "x", paste0("basis", 1:7))
write(as.data.frame(out), "design_splines.csv", who)
