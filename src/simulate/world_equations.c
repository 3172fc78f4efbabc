/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From fits to equations: which fit drives which process, and what nothing in the data can say.
 *
 * A state that a fit has not seen (an answer that nobody gave before) borrows the nearest answer it has seen, and this is named. An
 * arm that a fit has not seen needs a stated effect. A grade that a fit has not seen stops the simulation, but for the top grade in
 * the fit of promotion, which is not at risk. */
#include "simulate/world.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* --- assumptions, named ------------------------------------------------------------------------------ */

static mlab_status add_assumption(mlab_world *world, const char *name, double value, double se, const char *source, mlab_error *err)
{
    const mlab_context *context = world->context;
    mlab_assumption *grown = mlab_reallocate(context, world->assumptions, world->n_assumptions + 1, sizeof *grown);
    if (!grown) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an assumption");
    world->assumptions = grown;
    mlab_assumption *a = &grown[world->n_assumptions++];
    *a = (mlab_assumption){mlab_copy_text(context, name), value, se, mlab_copy_text(context, source)};
    return a->name && a->source ? MLAB_OK : mlab_raise(err, MLAB_ERR_MEMORY, "no memory for an assumption");
}

static mlab_status copy_stated(mlab_world *world, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; !status && k < world->spec->n_assumptions; k++) {
        const mlab_assumption *a = &world->spec->assumptions[k];
        if (!(a->standard_error >= 0) || !(a->value - a->value == 0))
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "assumption %s has the value %g with standard error %g, allowed finite and 0 or more",
                              a->name, a->value, a->standard_error);
        status = add_assumption(world, a->name, a->value, a->standard_error, a->source, err);
    }
    return status;
}

/* --- equations --------------------------------------------------------------------------------------- */

static mlab_status find_draws(const mlab_draws *draws, const mlab_fit *fit, size_t *first, mlab_error *err)
{
    for (size_t k = 0; k < draws->n_outcomes; k++) {
        if (strcmp(draws->outcomes[k], fit->outcome)) continue;
        if (draws->first[k + 1] - draws->first[k] != fit->n_parameters)
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "the draws of %s have %zu parameters, its fit has %zu", fit->outcome,
                              draws->first[k + 1] - draws->first[k], fit->n_parameters);
        *first = draws->first[k];
        return MLAB_OK;
    }
    return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "there are no draws of %s", fit->outcome);
}

/* States that the fit has not seen: the nearest answer with the same arm, grade and mentoring; see the head of the file. */
static mlab_status find_stand_ins(mlab_world *world, const mlab_fit *fit, mlab_predictor *p, bool promotion, mlab_error *err)
{
    uint32_t per_answer = 2 * world->n_grades * world->n_arms;
    bool said = false;
    p->stand_in = mlab_allocate(world->context, world->n_states, sizeof *p->stand_in);
    if (!p->stand_in) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the states");
    for (uint32_t code = 0; code < world->n_states; code++) {
        uint32_t arm = code % world->n_arms, grade = code / world->n_arms % world->n_grades, last = code / per_answer;
        uint32_t seen = code, unseen_arm = 0;
        for (uint32_t away = 1; p->unseen[seen] && away <= world->n_levels; away++) {
            if (last >= away && !p->unseen[code - away * per_answer])
                seen = code - away * per_answer;
            else if (last + away <= world->n_levels && !p->unseen[code + away * per_answer])
                seen = code + away * per_answer;
        }
        if (p->unseen[seen] && arm) seen = p->stand_in[code - arm], unseen_arm = arm; /* codes rise with the arm: it is there already */
        p->stand_in[code] = seen;
        if (unseen_arm) p->unseen_arm[arm] = 1;
        if (p->unseen[seen] && !(promotion && grade + 1 == world->n_grades))
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "the fit of %s has seen nobody of grade %s; it cannot say what becomes of them",
                              fit->outcome, world->grade_label[grade]);
        if (seen == code || unseen_arm || last == 0 || said) continue;
        char name[200];
        snprintf(name, sizeof name, "%s.%s.%s", fit->outcome, world->last_column->name, world->last_column->levels[last - 1]);
        const uint32_t answer = seen / per_answer;
        mlab_status status = add_assumption(world, name, answer, 0, "nearest answer that the fit has seen", err);
        if (status) return status;
        said = true;
    }
    return MLAB_OK;
}

/* The law of an outcome that is a number or a count; false = another kind. */
static bool law_of(const mlab_fit *fit, mlab_number_law *law)
{
    static const char *const laws[] = {[MLAB_LAW_NORMAL] = "linear",
                                       [MLAB_LAW_LOGNORMAL] = "lognormal",
                                       [MLAB_LAW_GAMMA] = "gamma",
                                       [MLAB_LAW_POISSON] = "poisson",
                                       [MLAB_LAW_NEGATIVE_BINOMIAL] = "negative_binomial"};
    for (size_t k = 0; k < sizeof laws / sizeof *laws; k++)
        if (!strcmp(fit->model, laws[k])) return *law = (mlab_number_law)k, true;
    return false;
}

static mlab_status add_equations(mlab_world *world, const mlab_fit *fit, mlab_predictor *predictor, mlab_error *err)
{
    size_t first;
    mlab_status status = find_draws(world->spec->draws, fit, &first, err);
    if (status) return status;
    static const char *const links[] = {"logit", "probit", "cloglog"};
    int link = 0;
    mlab_number_law law;
    bool number = law_of(fit, &law);
    while (link < 3 && strcmp(fit->link, links[link])) link++;
    if (number)
        link = 0;
    else if (link == 3 || (link == 1 && !fit->n_thresholds))
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "the fit of %s has the link %s; a simulation needs %s", fit->outcome, fit->link,
                          fit->n_thresholds ? "logit, probit or cloglog" : "cloglog or logit");
    if (world->n_equations + fit->n_blocks > MLAB_MAX_EQUATIONS)
        return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "%zu causes of %s, allowed at most %d", fit->n_blocks, fit->outcome, MLAB_MAX_EXITS);
    for (size_t b = 0; b < fit->n_blocks; b++) {
        mlab_equation *e = &world->equations[world->n_equations++];
        *e = (mlab_equation){.fit = fit, .predictor = predictor, .logit = !strcmp(fit->link, "logit")};
        e->scale = number ? law == MLAB_LAW_NORMAL ? "difference" : "log_ratio" : e->logit ? "log_odds_ratio" : "log_hazard_ratio";
        e->cause = fit->n_blocks > 1 ? fit->blocks[b] : fit->outcome;
        e->first_column = mlab_fit_first_column(fit);
        e->first_threshold = first + b * fit->block_size;
        e->n_thresholds = fit->n_thresholds;
        e->latent = link;
        e->first_parameter = e->first_threshold + fit->n_thresholds;
        e->n_coefficients = fit->block_size - fit->n_thresholds;
        if (e->n_thresholds >= MLAB_MAX_LEVELS || e->first_column + e->n_coefficients > mlab_design_columns(fit->design))
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "the fit of %s does not agree with its design", fit->outcome);
        e->stated_effect = mlab_allocate(world->context, world->n_arms, sizeof *e->stated_effect);
        if (!e->stated_effect) return mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the arms");
        for (uint32_t a = 0; a < world->n_arms; a++) e->stated_effect[a] = a ? mlab_stated_effect(world, e, world->arms[a]) : SIZE_MAX;
    }
    return MLAB_OK;
}

/* Every arm that a scenario leads to has an effect from the fit, or a stated one. */
static mlab_status check_arms(mlab_world *world, mlab_error *err)
{
    for (size_t s = 0; s < world->spec->n_scenarios; s++) {
        uint32_t arm = world->scenario_arm[s];
        for (size_t k = 0; arm && k < world->n_equations; k++) {
            const mlab_equation *e = &world->equations[k];
            world->about = e->fit;
            if (e->stated_effect[arm] != SIZE_MAX || (e->predictor->reads_arm && !e->predictor->unseen_arm[arm])) continue;
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER,
                              "the fit of %s does not say how the arm '%s' acts; put arm into its formula, or write simulation: {assumptions: "
                              "{%s.%s.%s: 0}} (0 = no effect)",
                              e->fit->outcome, world->arms[arm], e->fit->outcome, world->arms[arm], e->scale);
        }
    }
    return MLAB_OK;
}

static mlab_status add_fit(mlab_world *world, const mlab_fit *fit, int which, mlab_error *err)
{
    mlab_predictor *p = &world->predictors[which];
    world->about = fit;
    if (p->context) return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "two fits drive the same process; the second is %s", fit->outcome);
    mlab_status status = mlab_predictor_make(world, fit, p, err);
    if (!status) status = find_stand_ins(world, fit, p, which == 0, err);
    if (status) return status;
    int first = (int)world->n_equations;
    if ((status = add_equations(world, fit, p, err))) return status;
    if (which == 0) {
        world->promotion = first;
    } else if (which == 1) {
        world->first_exit = first;
        world->n_exits = (int)fit->n_blocks;
        for (size_t b = 0; b < fit->n_blocks; b++) world->voluntary[b] = fit->n_blocks == 1 || !strcmp(fit->blocks[b], "voluntary");
    } else if (which == 2) {
        world->satisfaction = first;
    } else {
        mlab_world_number *number = &world->numbers[world->n_numbers++];
        number->equation = first;
        law_of(fit, &number->law);
    }
    return MLAB_OK;
}

/* Numbers and counts come behind all others, so that their equations do. */
static mlab_status add_numbers(mlab_world *world, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    world->first_number = (int)world->n_equations;
    for (size_t k = 0; !status && k < world->spec->n_fits; k++) {
        const mlab_fit *fit = world->spec->fits[k];
        mlab_number_law law;
        if (mlab_model_not_simulated(fit->model) || !law_of(fit, &law) || mlab_panel_find_event(world->panel, fit->outcome)) continue;
        if (world->n_numbers == MLAB_MAX_NUMBERS)
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "more than %d outcomes are numbers or counts; the next is %s", MLAB_MAX_NUMBERS,
                              fit->outcome);
        status = add_fit(world, fit, 3 + (int)world->n_numbers, err);
    }
    return status;
}

/* An outcome of exits or promotions by another name moves nobody. */
static mlab_status nothing_drives(mlab_world *world, mlab_error *err)
{
    for (size_t k = 0; k < world->spec->n_fits; k++) {
        const mlab_fit *fit = world->spec->fits[k];
        for (size_t e = 0; e < world->panel->n_events && fit->formula; e++) {
            const mlab_panel_event *event = &world->panel->events[e];
            const size_t n = strlen(event->response);
            if (strncmp(fit->formula, event->response, n) != 0 || (fit->formula[n] != ' ' && fit->formula[n] != '~')) continue;
            world->about = fit;
            return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER,
                              "no outcome drives the simulation: people are moved by the %s of an outcome named %s, not %s; "
                              "write %s: in the place of %s:",
                              event->response, event->name, fit->outcome, event->name, fit->outcome);
        }
    }
    return mlab_raise(
        err, MLAB_ERR_SIMULATE_PARAMETER,
        "no outcome drives the simulation; it needs one of: promotion (promoted ~ ...), retention (exit ~ ...), a survey's answer, a number");
}

mlab_status mlab_world_equations(mlab_world *world, mlab_error *err)
{
    world->promotion = world->first_exit = world->satisfaction = -1;
    mlab_status status = copy_stated(world, err);
    for (size_t k = 0; !status && k < world->spec->n_fits; k++) {
        const mlab_fit *fit = world->spec->fits[k];
        const mlab_panel_event *event = mlab_panel_find_event(world->panel, fit->outcome);
        mlab_number_law law;
        const char *why = mlab_model_not_simulated(fit->model);
        world->about = fit;
        if (why && event) return mlab_raise(err, MLAB_ERR_SIMULATE_PARAMETER, "%s: %s; use model: hazard", fit->outcome, why);
        if (why) continue; /* it tells of the data beside the outcomes that people are moved by */
        if (event && !strcmp(event->response, "promoted"))
            status = add_fit(world, fit, 0, err);
        else if (event && !strcmp(event->response, "exit"))
            status = add_fit(world, fit, 1, err);
        else if (world->measure && !strcmp(fit->outcome, world->measure) && !law_of(fit, &law))
            status = add_fit(world, fit, 2, err);
    }
    if (!status) status = add_numbers(world, err);
    if (status) return status;
    world->about = NULL;
    if (!world->n_equations) return nothing_drives(world, err);
    return check_arms(world, err);
}

/* --- what the data can say otherwise ------------------------------------------------------------------- */

/* Starts of each arm by people in the reference arm, per period at risk; arms of the program are led to by scenarios alone. */
static mlab_status set_informal_rates(mlab_world *world, mlab_error *err)
{
    const mlab_panel *panel = world->panel;
    world->informal_rate = mlab_allocate(world->context, world->n_arms, sizeof *world->informal_rate);
    double *starts = mlab_allocate(world->context, world->n_arms, sizeof *starts), at_risk = 0;
    mlab_status status = MLAB_OK;
    if (!world->informal_rate || !starts) {
        status = mlab_raise(err, MLAB_ERR_MEMORY, "no memory for the arms");
        goto out;
    }
    for (size_t i = 0; i + 1 < panel->n_rows; i++) {
        if (panel->arm[i] != 0 || panel->person[i + 1] != panel->person[i]) continue;
        at_risk++;
        if (panel->arm[i + 1] > 0) starts[panel->arm[i + 1]]++;
    }
    bool stated = world->options.informal_rate >= 0, used = false;
    for (uint32_t a = 1; a < world->n_arms; a++) {
        bool program = !strcmp(world->arms[a], "both");
        for (size_t s = 0; s < world->spec->n_scenarios; s++)
            program = program || world->scenario_arm[s] == a || !strcmp(world->spec->scenarios[s].arm, world->arms[a]);
        if (program || (stated && used)) continue;
        char name[160], source[120];
        double rate = stated ? world->options.informal_rate : at_risk > 0 ? starts[a] / at_risk : 0;
        world->informal_rate[a] = rate;
        used = true;
        snprintf(name, sizeof name, "%s.start_rate", world->arms[a]);
        if (stated)
            snprintf(source, sizeof source, "stated");
        else
            snprintf(source, sizeof source, "data: %.0f starts in %.0f person-periods", starts[a], at_risk);
        if ((status = add_assumption(world, name, rate, 0, source, err))) goto out;
    }
out:
    mlab_release(world->context, starts);
    return status;
}

/* The usual gap between periods that have answers. */
static int32_t survey_gap(const mlab_world *world, const char *name)
{
    const mlab_column *answer = name ? mlab_table_find(world->panel->rows, name) : NULL;
    int32_t first = -1, last = -1, n = 0;
    for (int32_t k = 0; answer && k < world->panel->n_periods; k++) {
        bool any = false;
        for (size_t i = 0; i < world->panel->n_rows && !any; i++) any = world->panel->period[i] == k && !(answer->missing && answer->missing[i]);
        if (!any) continue;
        if (first < 0) first = k;
        last = k;
        n++;
    }
    return n > 1 ? (last - first + (n - 1) / 2) / (n - 1) : 1;
}

/* Numbers are observed as often as in the data. */
static mlab_status set_intervals(mlab_world *world, mlab_error *err)
{
    mlab_status status = MLAB_OK;
    for (size_t k = 0; k < world->n_numbers && !status; k++) {
        const mlab_fit *fit = world->equations[world->numbers[k].equation].fit;
        mlab_formula *formula = NULL;
        char name[160];
        if (fit->formula) status = mlab_formula_parse(world->context, fit->formula, NULL, &formula, err);
        if (status) break;
        world->numbers[k].every = survey_gap(world, formula ? mlab_formula_response_name(formula, 0) : fit->outcome);
        mlab_formula_free(formula);
        snprintf(name, sizeof name, "%s.every", fit->outcome);
        status = add_assumption(world, name, world->numbers[k].every, 0, "data", err);
    }
    return status;
}

mlab_status mlab_world_assumptions(mlab_world *world, mlab_error *err)
{
    const mlab_simulate_options *o = &world->options;
    mlab_status status = set_informal_rates(world, err);
    world->survey_every = o->survey_every > 0 ? (int32_t)o->survey_every : survey_gap(world, world->measure);
    if (!status) status = set_intervals(world, err);
    static const char *const names[] = {"replacement", "early_ending", "score_effect"};
    const double values[] = {o->replacement, o->early_ending, o->score_effect};
    for (int k = 0; !status && k < 3; k++)
        if (mlab_assumption_find(world, names[k]) == SIZE_MAX) status = add_assumption(world, names[k], values[k], 0, "simulation option", err);
    if (!status) status = add_assumption(world, "survey_every", world->survey_every, 0, o->survey_every ? "stated" : "data", err);
    if (!status && world->has_ties) status = add_assumption(world, "informal.mentor_effect", 0, 0, "informal mentors are not named", err);
    if (!status && world->donors_are_starters)
        status = add_assumption(world, "hires.look_like_starters", world->n_donors, 0, "fewer than 20 people were hired inside the panel", err);
    if (!status && world->unknown_arm)
        status = add_assumption(world, "start.unknown_arm_as_reference", (double)world->unknown_arm, 0, "people whose arm no source says", err);
    return status;
}
