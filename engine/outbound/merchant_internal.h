/*
 * outbound/merchant_internal.h - a merchant while it is read: merchant_members.c takes the members by a
 * table, merchant_files.c the files that they name, merchant.c puts both together.
 */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "outbound/merchant.h"

enum merchant_of { OF_WECHAT = 1, OF_ALIPAY = 2, OF_BOTH = 3 };

/* What the file says, before its own files are read. */
struct merchant_draft {
    const char *name, *provider, *base_url, *ca_file, *app_id, *private_key_file;
    const char *mch_id, *certificate_file, *api_v3_key_file, *public_key_id, *public_key_file, *notify_url,
        *style;
    const char *app_certificate_file, *alipay_certificate_file, *root_certificate_file, *product_code,
        *biz_scene;
    bool sandbox, download_certificates, uses_alias;
    int64_t min_fen, max_fen, day_fen, calls_per_s;
};

/* One merchant of the list while it is read. */
struct merchant_reading {
    struct arena *memory;
    struct buf *problems;
    const char *folder; /* of the file, with its slash */
    size_t index;
    bool failed;
};

void merchant_problem(struct merchant_reading *reading, const char *member, const char *why);

/* merchant_members.c: what is not given keeps the presets of these limits. */
void merchant_members_take(struct merchant_reading *reading,
                           const json_t *json,
                           enum merchant_of of,
                           const struct provider_limits *presets,
                           struct merchant_draft *out);
void merchant_scene_take(struct merchant_reading *reading, const json_t *json, struct provider_scene *scene);

/* merchant_files.c: NULL or "" after a problem. */
const char *merchant_path(struct merchant_reading *reading, const char *file);
struct rsa_key *merchant_private_key(struct merchant_reading *reading, const char *file);
struct rsa_key *merchant_public_key(struct merchant_reading *reading, const char *file);
void merchant_api_key(struct merchant_reading *reading, const char *file, struct aead_key *out);
/* A certificate of ours, whose key must be the one we sign with; its name is kept. */
const char *merchant_certificate(struct merchant_reading *reading,
                                 const char *member,
                                 const char *file,
                                 const struct rsa_key *key,
                                 const char *(*name_of)(const struct certificate *certificate));
const char *merchant_root_sn(struct merchant_reading *reading, const char *file);
void merchant_certificate_check(struct merchant_reading *reading, const char *member, const char *file);
