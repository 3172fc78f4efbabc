/* SPDX-License-Identifier: GPL-3.0-or-later */
/* write_layouts FOLDER: the exports of the firm in every layout, to look at them and to try `mentorlab new --from` by hand. */
#include "layouts/firm.h"

#include "core/os.h"

#include <stdio.h>

int main(int n, char **arguments)
{
    static const struct {
        const char *name;
        void (*write)(const firm *f, const char *folder);
    } all[] = {{"simple", firm_write_simple},           {"workday", firm_write_workday},       {"successfactors", firm_write_successfactors},
               {"oracle", firm_write_oracle},           {"crosswalk", firm_write_crosswalk},   {"qualtrics", firm_write_qualtrics},
               {"culture_amp", firm_write_cultureamp},  {"chronus", firm_write_pairs_chronus}, {"mentorcliq", firm_write_pairs_mentorcliq},
               {"together", firm_write_pairs_together}, {"pushfar", firm_write_pairs_pushfar}};
    mlab_context context = mlab_test_context(NULL, 1);
    mlab_error err;
    if (n != 2) {
        fprintf(stderr, "write_layouts FOLDER\n");
        return 2;
    }
    firm *f = firm_make(&context, 1200, 7, false);
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        char folder[4200];
        snprintf(folder, sizeof folder, "%s/%s", arguments[1], all[k].name);
        if (mlab_os_make_folder(folder, &err)) {
            fprintf(stderr, "%s\n", err.sentence);
            return 1;
        }
        all[k].write(f, folder);
    }
    printf("%d people, %d answers, %d pairs\n", f->n_people, f->n_answers, f->n_pairs);
    firm_free(f);
    return 0;
}
