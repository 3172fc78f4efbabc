/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check.R: refits the study's formulas on the written panel with R alone, so that the numbers can be checked by whoever trusts
 * R more than us. Standard errors by observed information as ours; cluster-robust ones with factor G/(G-1) (N-1)/(N-p).
 * Weakness: competing hazards are maximised by BFGS, to about six digits. */
#include "data/panel_write.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "data/formula.h"

#include <string.h>

static const char head[] = "# Refits the models of the study on the person-periods with R alone: Rscript check.R\n"
                           "options(contrasts = c(\"contr.treatment\", \"contr.treatment\"), width = 120)\n"
                           "library(splines)\n"
                           "here <- sub(\"^--file=\", \"\", grep(\"^--file=\", commandArgs(FALSE), value = TRUE))\n"
                           "here <- if (length(here)) dirname(here[1]) else \".\"\n";

static const char tools[] =
    "\n"
    "# complete cases of the formula among the rows to use; levels that are not there are dropped\n"
    "rows <- function(formula, use, also = character()) {\n"
    "  columns <- c(all.vars(formula), also)\n"
    "  d <- panel[use & complete.cases(panel[columns]), ]\n"
    "  for (v in columns) if (is.factor(d[[v]])) d[[v]] <- droplevels(d[[v]])\n"
    "  d\n"
    "}\n"
    "show <- function(b, information, scores, person) {\n"
    "  keep <- !is.na(b)\n"
    "  v <- solve(information)\n"
    "  sums <- rowsum(scores, person)\n"
    "  G <- nrow(sums); N <- nrow(scores); p <- sum(keep)\n"
    "  robust <- v %*% crossprod(sums) %*% v * (G / (G - 1)) * ((N - 1) / (N - p))\n"
    "  print(data.frame(estimate = b[keep], se = sqrt(diag(v)), robust_by_person = sqrt(diag(robust))), digits = 8)\n"
    "  cat(sprintf(\"%d rows, %d people\\n\\n\", N, G))\n"
    "}\n"
    "# one hazard: glm gives the estimates; the information is the observed one\n"
    "hazard <- function(formula, d, y, share, logit) {\n"
    "  d$.y <- y; d$.offset <- if (logit) 0 else log(share)\n"
    "  fit <- suppressWarnings(glm(update(formula, .y ~ .), binomial(if (logit) \"logit\" else \"cloglog\"), d, offset = .offset,\n"
    "             control = glm.control(epsilon = 1e-14, maxit = 100)))\n"
    "  x <- model.matrix(fit)[, !is.na(coef(fit)), drop = FALSE]\n"
    "  h <- if (logit) fitted(fit) else exp(predict(fit, type = \"link\"))\n"
    "  q <- h * exp(-h) / -expm1(-h)\n"
    "  score <- if (logit) y - h else ifelse(y == 1, q, -h)\n"
    "  weight <- if (logit) h * (1 - h) else ifelse(y == 1, -q * (1 - h - q), h)\n"
    "  show(coef(fit), crossprod(x * weight, x), x * score, d$person)\n"
    "}\n"
    "# competing hazards together: P(cause j) = h_j / H (1 - exp(-H)), H = sum of h_j\n"
    "competing <- function(formula, d, y, k, share) {\n"
    "  x <- model.matrix(delete.response(terms(formula)), d)\n"
    "  x <- x[, qr(x)$pivot[seq_len(qr(x)$rank)], drop = FALSE]\n"
    "  p <- ncol(x); i <- which(y > 0); extra <- model.offset(model.frame(delete.response(terms(formula)), d))\n"
    "  extra <- log(share) + if (is.null(extra)) 0 else extra\n"
    "  h <- function(b) exp(x %*% matrix(b, p) + extra)\n"
    "  loss <- function(b) {\n"
    "    m <- h(b); H <- rowSums(m)\n"
    "    sum(H[y == 0]) - sum(log(m[cbind(i, y[i])] / H[i] * -expm1(-H[i])))\n"
    "  }\n"
    "  scores <- function(b) {\n"
    "    m <- h(b); H <- rowSums(m); r <- -m\n"
    "    r[i, ] <- m[i, ] * (exp(-H[i]) / -expm1(-H[i]) - 1 / H[i])\n"
    "    r[cbind(i, y[i])] <- r[cbind(i, y[i])] + 1\n"
    "    do.call(cbind, lapply(seq_len(k), function(j) x * r[, j]))\n"
    "  }\n"
    "  gradient <- function(b) -colSums(scores(b))\n"
    "  start <- unlist(lapply(seq_len(k), function(j)\n"
    "    suppressWarnings(coef(glm.fit(x, as.numeric(y == j), family = binomial(\"cloglog\"), offset = extra)))))\n"
    "  b <- optim(start, loss, gradient, method = \"BFGS\", control = list(maxit = 1000, reltol = 1e-15))$par\n"
    "  for (step in 1:3) b <- b - solve(optimHess(b, loss, gradient), gradient(b))\n"
    "  names(b) <- paste0(rep(causes[seq_len(k)], each = p), \":\", colnames(x))\n"
    "  show(b, optimHess(b, loss, gradient), scores(b), d$person)\n"
    "}\n";

static void put_r_text(mlab_text *text, const char *value)
{
    mlab_text_append(text, "\"");
    for (const char *c = value; *c; c++) {
        if (*c == '"' || *c == '\\') mlab_text_append(text, "\\");
        if (*c == '\n')
            mlab_text_append(text, "\\n");
        else
            mlab_text_append_bytes(text, c, 1);
    }
    mlab_text_append(text, "\"");
}

static void put_r_texts(mlab_text *text, const char *const *values, size_t n)
{
    mlab_text_append(text, "c(");
    for (size_t i = 0; i < n; i++) {
        if (i) mlab_text_append(text, ", ");
        put_r_text(text, values[i]);
    }
    mlab_text_append(text, ")");
}

static void put_column(const mlab_column *column, mlab_text *text)
{
    if (column->type == MLAB_COLUMN_FACTOR) {
        mlab_text_append(text, "labels(");
        put_r_text(text, column->name);
        mlab_text_append(text, ", ");
        put_r_texts(text, (const char *const *)column->levels, (size_t)column->n_levels);
        mlab_text_append(text, ")\n");
        return;
    }
    mlab_text_append(text, column->type == MLAB_COLUMN_TEXT ? "texts(" : column->type == MLAB_COLUMN_DATE ? "days(" : "number(");
    put_r_text(text, column->name);
    mlab_text_append(text, ")\n");
}

static bool is_used(const mlab_formula *const *formulas, size_t n, const char *name)
{
    for (size_t k = 0; k < n; k++) {
        for (size_t c = 0; c < formulas[k]->n_columns; c++)
            if (!strcmp(formulas[k]->columns[c], name)) return true;
        if (formulas[k]->names[0] && !strcmp(formulas[k]->names[0], name)) return true;
    }
    return false;
}

/* Everything is read as text and the columns of the models are typed here, so that "01" stays a label. */
static void put_reading(const mlab_panel *panel, const char *csv_name, const mlab_formula *const *formulas, size_t n, mlab_text *text)
{
    mlab_text_append(text, "panel <- read.csv(file.path(here, ");
    put_r_text(text, csv_name);
    mlab_text_append(text, "), colClasses = \"character\", na.strings = \"\", check.names = FALSE, encoding = \"UTF-8\")\n");
    mlab_text_append(text, "number <- function(name) panel[[name]] <<- as.numeric(panel[[name]])\n"
                           "days <- function(name) panel[[name]] <<- as.numeric(as.Date(panel[[name]]))\n"
                           "labels <- function(name, levels) if (!is.null(panel[[name]])) panel[[name]] <<- factor(panel[[name]], levels)\n"
                           "texts <- function(name) labels(name, sort(unique(panel[[name]]), method = \"radix\"))\n"
                           "days(\"start\")\ndays(\"stop\")\nnumber(\"period\")\nnumber(\"since\")\n"
                           "panel$.zero <- ave(panel$start, panel$person, FUN = min) # each person's time zero\n");
    for (size_t c = 0; c < panel->rows->n_columns; c++)
        if (is_used(formulas, n, panel->rows->columns[c].name)) put_column(&panel->rows->columns[c], text);
    for (size_t k = 0; k < panel->n_events; k++) mlab_text_print(text, "number(\"%s_share\")\n", panel->events[k].response);
}

/* response ~ terms as R reads them: without cluster(), with strata() only for coxph. */
static mlab_status put_formula(const mlab_formula *formula, const char *response, bool strata, mlab_text *text, mlab_error *err)
{
    bool any = false;
    mlab_text_print(text, "%s ~ ", response);
    for (size_t t = 0; t < formula->n_terms; t++) {
        if (any) mlab_text_append(text, " + ");
        bool first = true;
        for (size_t a = 0; a < formula->n_atoms; a++) {
            if (!mlab_bits_get(&formula->terms[t], a)) continue;
            if (!first) mlab_text_append(text, ":");
            mlab_text_append(text, formula->atoms[a].label);
            first = false;
        }
        any = true;
    }
    for (size_t k = 0; k < formula->n_offsets; k++) {
        char *inside = mlab_formula_deparse(formula, formula->offsets[k]);
        if (!inside) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write a formula");
        mlab_text_print(text, "%soffset(%s)", any ? " + " : "", inside);
        mlab_release(formula->context, inside);
        any = true;
    }
    for (size_t k = 0; strata && k < formula->n_strata; k++) {
        mlab_text_print(text, "%sstrata(`%s`)", any ? " + " : "", formula->strata[k]);
        any = true;
    }
    mlab_text_append(text, any ? formula->intercept ? "" : " - 1" : formula->intercept ? "1" : "0");
    return MLAB_OK;
}

static void put_skipped(const char *outcome, const char *why, mlab_text *text)
{
    mlab_text_append(text, "cat(");
    put_r_text(text, outcome);
    mlab_text_append(text, ", \"is not refitted here: ");
    mlab_text_append(text, why);
    mlab_text_append(text, "\\n\\n\")\n");
}

/* formula, causes, the rows at risk d, and y: 0 = no event, else the number of the cause */
static mlab_status put_event(const mlab_panel_event *event, const mlab_panel_model *model, const mlab_formula *formula, const char *const *causes,
                             size_t n, mlab_text *text, mlab_error *err)
{
    const char *r = event->response;
    mlab_text_append(text, "formula <- ");
    mlab_status status = put_formula(formula, r, false, text, err);
    if (status) return status;
    mlab_text_append(text, "\ncauses <- ");
    put_r_texts(text, causes, n);
    mlab_text_print(text, "\nd <- rows(formula, !is.na(panel[[\"%s\"]])", r);
    if (model->logit) mlab_text_print(text, " & panel[[\"%s_share\"]] >= 1", r);
    mlab_text_print(text, ", \"%s_share\")\n", r);
    if (event->n_causes == 1 && !strcmp(event->causes[0], "promotion"))
        mlab_text_print(text, "y <- d[[\"%s\"]]\n", r);
    else
        mlab_text_print(text, "y <- match(as.character(d[[\"%s\"]]), causes, 0L)\n", r);
    return MLAB_OK;
}

static mlab_status put_hazard(const mlab_panel_event *event, const mlab_panel_model *model, const mlab_formula *formula, mlab_text *text,
                              mlab_error *err)
{
    const char *const *causes = model->causes ? model->causes : (const char *const *)event->causes;
    size_t n = model->causes ? model->n_causes : (size_t)event->n_causes;
    if (n > 1 && (model->logit || !strcmp(model->model, "multinomial"))) {
        put_skipped(model->outcome, "a multinomial logit of several causes is beyond base R", text);
        return MLAB_OK;
    }
    mlab_status status = put_event(event, model, formula, causes, n, text, err);
    if (status) return status;
    if (!strcmp(model->model, "cox")) {
        mlab_text_print(text,
                        "end <- ifelse(y == 1, as.numeric(as.Date(d[[\"%s_date\"]])), d$stop)\n"
                        "d$.from <- d$start - d$.zero; d$.to <- end - d$.zero; d$.event <- y\n"
                        "if (requireNamespace(\"survival\", quietly = TRUE)) {\n  library(survival)\n  print(coxph(",
                        event->response);
        status = put_formula(formula, "Surv(.from, .to, .event)", true, text, err);
        mlab_text_append(text, ", d, cluster = person), digits = 8)\n} else ");
        put_skipped(model->outcome, "the package survival is not there", text);
    } else if (n > 1)
        mlab_text_print(text, "competing(formula, d, y, length(causes), d[[\"%s_share\"]])\n", event->response);
    else
        mlab_text_print(text, "hazard(formula, d, y, d[[\"%s_share\"]], %s)\n", event->response, model->logit ? "TRUE" : "FALSE");
    return status;
}

static mlab_status put_other(const mlab_panel *panel, const mlab_panel_model *model, const mlab_formula *formula, mlab_text *text, mlab_error *err)
{
    static const struct {
        const char *model, *call;
    } calls[] = {
        {"linear", "print(summary(lm(formula, d)), digits = 8)\n"},
        {"logit", "print(summary(glm(formula, binomial, d, control = glm.control(epsilon = 1e-14))), digits = 8)\n"},
        {"cloglog", "print(summary(glm(formula, binomial(\"cloglog\"), d, control = glm.control(epsilon = 1e-14))), digits = 8)\n"},
        {"ordinal", "if (requireNamespace(\"MASS\", quietly = TRUE))\n  print(summary(MASS::polr(formula, d, Hess = TRUE)), digits = 8) else "}};
    for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) {
        if (strcmp(model->model, calls[k].model) != 0 || !formula->names[0]) continue;
        const mlab_column *column = mlab_table_find(panel->rows, formula->names[0]);
        bool levels = k == 0 && column && column->type == MLAB_COLUMN_FACTOR; /* they count from 1 */
        char response[300] = "";
        strcat(response, levels ? "as.integer(`" : "`");
        strncat(response, formula->names[0], 250);
        strcat(response, levels ? "`)" : "`");
        mlab_text_append(text, "formula <- ");
        mlab_status status = put_formula(formula, response, false, text, err);
        mlab_text_append(text, "\nd <- rows(formula, TRUE)\n");
        mlab_text_append(text, calls[k].call);
        if (!strcmp(model->model, "ordinal")) put_skipped(model->outcome, "the package MASS is not there", text);
        return status;
    }
    put_skipped(model->outcome, !strcmp(model->model, "multinomial") ? "a multinomial logit is beyond base R" : "base R has no such model", text);
    return MLAB_OK;
}

static mlab_status put_model(const mlab_panel *panel, const mlab_panel_model *model, const mlab_formula *formula, mlab_text *text, mlab_error *err)
{
    const mlab_panel_event *event = formula->names[0] ? mlab_panel_find_event(panel, formula->names[0]) : NULL;
    mlab_text_append(text, "\ncat(");
    put_r_text(text, model->outcome);
    mlab_text_append(text, ", \": \", ");
    put_r_text(text, model->formula);
    mlab_text_append(text, ", \"\\n\", sep = \"\")\n");
    if (formula->n_random) {
        put_skipped(model->outcome, "random effects are beyond base R", text);
        return MLAB_OK;
    }
    bool hazard = !strcmp(model->model, "hazard") || !strcmp(model->model, "multinomial") || !strcmp(model->model, "cox");
    if (event && hazard) return put_hazard(event, model, formula, text, err);
    if (formula->response == MLAB_RESPONSE_COLUMN) return put_other(panel, model, formula, text, err);
    put_skipped(model->outcome,
                formula->response == MLAB_RESPONSE_EVENT ? "event(...) reads columns that a panel does not have" : "its formula has no response",
                text);
    return MLAB_OK;
}

mlab_status mlab_panel_script(const mlab_panel *panel, const char *csv_name, const mlab_panel_model *models, size_t n_models, char **text,
                              mlab_error *err)
{
    mlab_text made = MLAB_TEXT(panel->context);
    mlab_status status = MLAB_OK;
    *text = NULL;
    mlab_formula **formulas = mlab_allocate(panel->context, n_models, sizeof *formulas);
    if (!formulas) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for %zu formulas", n_models);
    for (size_t k = 0; k < n_models && !status; k++) status = mlab_formula_parse(panel->context, models[k].formula, NULL, &formulas[k], err);
    if (!status) {
        mlab_text_append(&made, head);
        put_reading(panel, csv_name, (const mlab_formula *const *)formulas, n_models, &made);
        mlab_text_append(&made, tools);
    }
    for (size_t k = 0; k < n_models && !status; k++) status = put_model(panel, &models[k], formulas[k], &made, err);
    for (size_t k = 0; k < n_models; k++) mlab_formula_free(formulas[k]);
    mlab_release(panel->context, formulas);
    if (!status && made.failed) status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory to write an R script");
    if (!status) *text = made.bytes;
    if (status) mlab_text_free(&made);
    return status;
}
