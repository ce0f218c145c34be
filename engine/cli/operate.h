/*
 * cli/operate.h - what the operators' commands about money share: their role, who speaks, words for verdicts.
 */
#pragma once

#include "cli/cli.h"

/* Rows of two columns, JSON and a line of text: --json prints [..], otherwise `head` (NULL: none) and lines.
 */
int operate_rows(const struct cli *cli,
                 bool json,
                 const char *head,
                 const char *sql,
                 int count,
                 const char *const *params);

struct verdict_words {
    const char *verdict, *en, *zh;
    enum exit_code code;
};

/* One row, one column: a verdict of the list (ends with a NULL verdict, whose code any other one has). Prints
 * {"verdict":..} with --json, otherwise both languages. */
int operate_verdict(const struct cli *cli,
                    bool json,
                    const struct verdict_words *words,
                    const char *sql,
                    int count,
                    const char *const *params);

/* The same of a verdict that is known; its exit code. */
int operate_verdict_say(const struct verdict_words *words, const char *verdict, bool json);

/* --person and --reason, both required. Says what is missing. */
bool operate_who(struct cli *cli, const char **person, const char **reason);
/* A withdrawal's id: 8-4-4-4-12 hex digits, or 32. */
bool operate_withdrawal(const char *text);
