/*
 * base/people_key.h - where the key is that seals what names people: people.key_file, or people.key among the
 * home's secrets.
 */
#pragma once

#include "base/config.h"
#include "base/crypto_seal.h"

/* Logs what is wrong; errors of seal_key_read(). */
HB_CHECKED hb_err people_key_load(const struct config *config, struct seal_key *out);
