/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words: the reader's words and what they mean. */
#include "cli/cli.h"
#include "core/words.h"

static void json_word(mlab_text *json, const mlab_word *word)
{
    mlab_text_append(json, "{\"term\": ");
    mlab_json_text(json, word->term);
    mlab_text_append(json, ", \"shown\": ");
    mlab_json_text(json, word->shown);
    mlab_text_append(json, ", \"tip\": ");
    mlab_json_text(json, word->tip);
    mlab_text_append(json, "}");
}

static int show_one(const mlab_cli *cli, const mlab_word *word)
{
    if (!cli->json) {
        printf("%s (in methods and files: %s)\n%s\n", word->shown, word->term, word->tip);
        return MLAB_EXIT_DONE;
    }
    mlab_text json = MLAB_TEXT(&cli->context);
    json_word(&json, word);
    printf("%s\n", mlab_text_get(&json));
    mlab_text_free(&json);
    return MLAB_EXIT_DONE;
}

int mlab_command_words(mlab_cli *cli)
{
    size_t n;
    const mlab_word *words = mlab_words(&n);
    if (cli->n_arguments) {
        const mlab_word *word = mlab_word_find(cli->arguments[0]);
        return word ? show_one(cli, word) : mlab_usage(cli, "'%s' is not in the table of words; mentorlab words shows all", cli->arguments[0]);
    }
    mlab_text json = MLAB_TEXT(&cli->context);
    for (size_t k = 0; k < n; k++) {
        if (cli->json) {
            mlab_text_append(&json, k ? ",\n" : "\n");
            json_word(&json, &words[k]);
        } else {
            printf("  %-24s %-24s\n", words[k].shown, words[k].term);
        }
    }
    if (cli->json) printf("[%s\n]\n", mlab_text_get(&json));
    mlab_text_free(&json);
    return MLAB_EXIT_DONE;
}
