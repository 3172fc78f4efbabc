/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of fits and outcomes: one row each. */
#include "fit/options.h"

#include "core/options.h"

#include <math.h>
#include <stddef.h>

#define AT(field_) offsetof(mlab_fit_options, field_)
#define DECIDES MLAB_OPTION_DECIDES
#define APART (MLAB_OPTION_DECIDES | MLAB_OPTION_NO_STRUCT)

const mlab_option mlab_fit_option_rows[] = {
    {"fit.ties", "ties", "fit", MLAB_OPTION_CHOICE, AT(ties), "efron", 0, 0, "efron|breslow|exact", "", "Cox: how tied event times are treated",
     DECIDES},
    {"fit.information", "information", "fit", MLAB_OPTION_CHOICE, AT(information), "observed", 0, 0, "observed|expected", "",
     "information that model-based standard errors use", DECIDES},
    {"fit.link", "link", "fit run", MLAB_OPTION_CHOICE, AT(link), "cloglog", 0, 0, "cloglog|logit", "",
     "discrete hazards; with logit, rows at risk for part of a period are dropped", DECIDES},
    {"fit.ordinal_link", NULL, NULL, MLAB_OPTION_CHOICE, AT(ordinal_link), "logit", 0, 0, "logit|probit|cloglog", "", "link of ordinal models",
     DECIDES},
    {"fit.penalty", NULL, NULL, MLAB_OPTION_CHOICE, AT(penalty), "none", 0, 0, "none|firth", "",
     "Firth's penalty for separated or rare events: logit, cloglog, probit, multinomial, hazard, poisson", DECIDES},
    {"fit.weights", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "weights of the rows of every outcome: {column, kind}", APART},
    {"fit.weights.column", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "column of the weights", APART},
    {"fit.weights.kind", NULL, NULL, MLAB_OPTION_CHOICE, 0, NULL, 0, 0, "frequency|precision|sampling", "", "what the weights are", APART},
    {"fit.priors", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "normal priors of coefficients, by name, of every outcome", APART},
    {"fit.priors.*", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "prior of one coefficient: {mean: 0, sd: 0.5}", APART},
    {"fit.priors.*.mean", NULL, NULL, MLAB_OPTION_NUMBER, 0, NULL, -HUGE_VAL, HUGE_VAL, NULL, "", "its mean, on the model's scale", APART},
    {"fit.priors.*.sd", NULL, NULL, MLAB_OPTION_NUMBER, 0, NULL, 1e-6, 1e6, NULL, "", "its standard deviation", APART},
    {"fit.survival_link", NULL, NULL, MLAB_OPTION_CHOICE, AT(survival_link), "cloglog", 0, 0, "cloglog|logit|probit", "",
     "spline of time: cloglog is the log cumulative hazard, logit the log odds of the event", DECIDES},
    {"fit.spline_df", NULL, NULL, MLAB_OPTION_INTEGER, AT(spline_df), "3", 1, 10, NULL, "", "spline of time: degrees of freedom", DECIDES},
    {"fit.variances", NULL, NULL, MLAB_OPTION_CHOICE, AT(restricted), "reml", 0, 0, "reml|ml", "",
     "linear models with random effects: restricted maximum likelihood or maximum likelihood", DECIDES},
    {"fit.imputations", "imputations", "fit run", MLAB_OPTION_INTEGER, AT(imputations), "0", 0, 200, NULL, "",
     "completed data sets that missing attributes are imputed in; 0 = complete cases alone", DECIDES},
    {"fit.imputation_rounds", NULL, NULL, MLAB_OPTION_INTEGER, AT(imputation_rounds), "10", 1, 100, NULL, "", "rounds of every chain of imputations",
     DECIDES},
    {"fit.quadrature", NULL, NULL, MLAB_OPTION_INTEGER, AT(quadrature), "1", 1, 25, NULL, "nodes",
     "random effects of one grouping: nodes of adaptive Gauss-Hermite quadrature in each effect; 1 is the Laplace approximation", DECIDES},
    {"fit.iterations", NULL, NULL, MLAB_OPTION_INTEGER, AT(iterations), "50", 1, 1000, NULL, "", "Newton steps at most", DECIDES},
    {"fit.tolerance", NULL, NULL, MLAB_OPTION_NUMBER, AT(tolerance), "1e-10", 1e-14, 1e-2, NULL, "standard errors",
     "largest Newton step at which a fit stops", DECIDES},
    {"fit.curve_interval", NULL, NULL, MLAB_OPTION_CHOICE, AT(curve_interval), "log-log", 0, 0, "log-log|log|plain", "",
     "scale on which intervals of survival curves are symmetric", DECIDES},
    {"fit.level", NULL, NULL, MLAB_OPTION_NUMBER, AT(level), "0.95", 0.5, 0.999, NULL, "", "level of the intervals of coefficients and curves",
     DECIDES},
    {"fit.draws", NULL, NULL, MLAB_OPTION_CHOICE, AT(draws), "normal", 0, 0, "normal|bootstrap|parametric", "",
     "how parameters are drawn for the simulation: bootstrap draws people with all their rows and refits", DECIDES},
    {"fit.tests", "tests", "fit", MLAB_OPTION_FLAG, AT(tests), "no", 0, 0, NULL, "", "tests of every term: likelihood ratio, Wald, score", DECIDES},
    {"fit.margins", "margins", "fit", MLAB_OPTION_FLAG, AT(margins), "no", 0, 0, NULL, "", "average effect of every variable on the response scale",
     DECIDES},
    {"fit.profile", "profile", "fit", MLAB_OPTION_FLAG, AT(profile), "no", 0, 0, NULL, "", "intervals of coefficients by the profile likelihood",
     DECIDES},
    {"fit.diagnose", "diagnose", "fit", MLAB_OPTION_FLAG, AT(diagnose), "no", 0, 0, NULL, "",
     "look for what may be wrong with each fit, in sentences", DECIDES},
    {"fit.robust", "robust", "fit", MLAB_OPTION_CHOICE, AT(robust), "CR1", 0, 0, "CR1|CR0|CR2|CR3|HC0|HC1|HC2|HC3", "",
     "robust standard errors: C of clusters, H of rows; 2 adjusts for leverage, 3 more", DECIDES},
    {"outcomes", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "outcomes by name; promotion, retention and surveys are known", APART},
    {"outcomes.*", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "one outcome", APART},
    {"outcomes.*.kind", NULL, NULL, MLAB_OPTION_CHOICE, 0, NULL, 0, 0, "event|ordinal|number|count|yes_no", "", "what the outcome is", APART},
    {"outcomes.*.model", NULL, NULL, MLAB_OPTION_CHOICE, 0, NULL, 0, 0,
     "hazard|cox|fine_gray|multistate|exponential|weibull|gompertz|survival_lognormal|loglogistic|generalised_gamma|spline|ordinal|logit|cloglog|"
     "probit|multinomial|linear|lognormal|poisson|negative_binomial|gamma|joint",
     "", "the model fitted; chosen by the kind and the data when absent", APART},
    {"outcomes.*.link", NULL, NULL, MLAB_OPTION_CHOICE, 0, NULL, 0, 0, "cloglog|logit|probit", "",
     "hazard: cloglog (default), logit; ordinal: logit (default), probit, cloglog; spline: cloglog (default), logit, probit", APART},
    {"outcomes.*.formula", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "formula in R's notation; a stated default when absent", APART},
    {"outcomes.*.initial", NULL, NULL, MLAB_OPTION_CHOICE, 0, "none", 0, 0, "none|wooldridge", "",
     "formula with the outcome's last value and (1 | person): the first value of each person and means of what changes become terms", APART},
    {"outcomes.*.of", NULL, NULL, MLAB_OPTION_LIST, 0, NULL, 0, 0, NULL, "",
     "model joint: its parts, outcomes of the study; the one whose level by person ties them first", APART},
    {"outcomes.*.effects", NULL, NULL, MLAB_OPTION_CHOICE, 0, "shared", 0, 0, "shared|own|correlated", "",
     "model joint: whether the other parts have effects of people of their own besides a multiple of the first part's", APART},
    {"outcomes.*.causes", NULL, NULL, MLAB_OPTION_LIST, 0, NULL, 0, 0, NULL, "", "causes fitted together; all of the event when absent", APART},
    {"outcomes.*.nominal", NULL, NULL, MLAB_OPTION_LIST, 0, NULL, 0, 0, NULL, "",
     "ordinal: terms of the formula whose effect differs by threshold (partial proportional odds)", APART},
    {"outcomes.*.scale", NULL, NULL, MLAB_OPTION_LIST, 0, NULL, 0, 0, NULL, "",
     "ordinal: terms of the formula that widen or narrow the distribution too", APART},
    {"outcomes.*.weights", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "weights of the rows, in the place of fit.weights", APART},
    {"outcomes.*.weights.column", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "column of the weights", APART},
    {"outcomes.*.weights.kind", NULL, NULL, MLAB_OPTION_CHOICE, 0, NULL, 0, 0, "frequency|precision|sampling", "", "what the weights are", APART},
    {"outcomes.*.priors", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "normal priors, in the place of fit.priors", APART},
    {"outcomes.*.priors.*", NULL, NULL, MLAB_OPTION_MAP, 0, NULL, 0, 0, NULL, "", "prior of one coefficient: {mean: 0, sd: 0.5}", APART},
    {"outcomes.*.priors.*.mean", NULL, NULL, MLAB_OPTION_NUMBER, 0, NULL, -HUGE_VAL, HUGE_VAL, NULL, "", "its mean, on the model's scale", APART},
    {"outcomes.*.priors.*.sd", NULL, NULL, MLAB_OPTION_NUMBER, 0, NULL, 1e-6, 1e6, NULL, "", "its standard deviation", APART},
    {"outcomes.*.whose", NULL, NULL, MLAB_OPTION_CHOICE, 0, "mentee", 0, 0, "mentee|mentor", "", "whose outcome it is", APART},
    {"outcomes.*.better", NULL, NULL, MLAB_OPTION_CHOICE, 0, NULL, 0, 0, "higher|lower", "", "which direction is better", APART},
    {"outcomes.*.from", NULL, NULL, MLAB_OPTION_TEXT, 0, NULL, 0, 0, NULL, "", "column or survey question that it is read from", APART},
    {"outcomes.*.satisfied", NULL, NULL, MLAB_OPTION_LIST, 0, NULL, 0, 0, NULL, "", "levels that count as satisfied; the two best when absent",
     APART},
};
const size_t mlab_fit_n_option_rows = sizeof mlab_fit_option_rows / sizeof *mlab_fit_option_rows;

mlab_fit_options mlab_fit_defaults(void)
{
    return (mlab_fit_options){.ties = 0,
                              .information = 0,
                              .link = 0,
                              .quadrature = 1,
                              .iterations = 50,
                              .tolerance = 1e-10,
                              .curve_interval = 0,
                              .level = 0.95,
                              .spline_df = 3,
                              .imputation_rounds = 10};
}
