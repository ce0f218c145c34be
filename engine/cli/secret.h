/*
 * cli/secret.h - a campaign's secret before it is published: one file in the home's secrets, 64 hex digits.
 */
#pragma once

#include "cli/cli.h"

#include "base/crypto.h"

enum { SECRET_BYTES = 32 };

/* Reads the campaign's secret, or makes and keeps a fresh one. Says what failed; false. */
bool secret_of_campaign(const struct cli *cli, const char *slug, uint8_t out[static SECRET_BYTES]);
