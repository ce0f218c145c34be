/*
 * duties/books_watch.h - the checks of each minute: books_minute() on a thread and a connection of its own,
 * since it may take seconds while much is paid out and shards wait for nobody.
 *
 * What is found is an alarm (books.broken: the check, the row, what is wrong with it) and the gauge
 * hongbao_books_findings. A look that could not be made is one, too (books.not_checked).
 */
#pragma once

#include "base/config.h"

#include <stdatomic.h>

struct books_watch;

/* Looks every books.check_seconds while *leading, which outlives the watch. */
HB_CHECKED hb_err books_watch_start(const struct config *config,
                                    const atomic_bool *leading,
                                    struct books_watch **out);
void books_watch_stop(struct books_watch *watch); /* waits for a look under way; accepts NULL */
