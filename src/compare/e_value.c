/* SPDX-License-Identifier: GPL-3.0-or-later */
/* E-values: how strongly an unrecorded confounder would have to go with both the arm and the outcome, on the risk ratio scale, to
 * explain the number away. VanderWeele & Ding 2017 (doi:10.7326/M16-2607): RR + sqrt(RR (RR - 1)) for RR >= 1, of 1/RR below. */
#include "compare/analysis.h"

#include <math.h>

double mlab_e_value(double risk_ratio)
{
    if (!(risk_ratio > 0) || !isfinite(risk_ratio)) return 0;
    double rr = risk_ratio < 1 ? 1 / risk_ratio : risk_ratio;
    return rr + sqrt(rr * (rr - 1));
}

double mlab_e_value_limit(double lower, double upper)
{
    if (lower <= 1 && upper >= 1) return 1;
    return mlab_e_value(lower > 1 ? lower : upper);
}
