/*
 * cli/campaign_internal.h - what the files of `hongbao campaign` share.
 */
#pragma once

#include "cli/cli.h"

#include "campaign/document.h"

struct pg;

/* The newest version in the database, and what is leased of it. version 0: never published. */
struct published {
    uint32_t id, version, shards;
    struct document *document; /* NULL when never published */
    int64_t leased_units[PRIZES_MAX], leased_fen[PRIZES_MAX];
};

bool published_read(struct pg *pg, const char *slug, struct published *out); /* says what failed */
void published_free(struct published *published);

/* Reads and checks the document at path; prints every problem. NULL when it cannot be published. */
struct document *
document_load(const char *path, const struct published *published, uint32_t shards, char **text, bool json);
uint32_t nodes_count(const struct cli *cli);

int campaign_validate(struct cli *cli);
int campaign_publish(struct cli *cli);
int campaign_pause(struct cli *cli, bool paused);
