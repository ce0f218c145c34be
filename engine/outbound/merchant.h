/*
 * outbound/merchant.h - what is needed to pay through one merchant account, and the file that lists them.
 *
 * The file is JSON: {"merchants": [{"name": ..., "provider": "wechat" | "alipay", ...}]}. Its members are the
 * rows of MEMBERS in merchant.c. Paths in it are relative to its folder. An unknown member, or one of the
 * other provider, is a problem: a setting that is misspelt must not be a setting that is not there.
 *
 * Ownership  everything of a merchant lives as long as its list.
 * Errors     HB_E_INPUT: every problem is a line of `problems`. Secrets are never in them.
 */
#pragma once

#include "base/crypto.h"
#include "base/crypto_cert.h"
#include "flow/provider.h"

enum { MERCHANTS_MAX = 64, ALIPAY_CERTIFICATES_MAX = 4 };

struct merchant {
    const char *name; /* a slug: provider:<name> in the books */
    enum provider_kind kind;
    bool sandbox;
    const char *base_url; /* https://host, without a path; Alipay: the gateway's address */
    const char *ca_file;  /* "": the system's */
    const char *app_id;
    struct rsa_key *key; /* private */
    struct provider_limits limits;
    struct provider_scene scene;

    /* WeChat Pay */
    const char *mch_id, *serial, *notify_url; /* notify_url "": the provider sends no notices */
    struct aead_key api_key;                  /* APIv3 */
    const char *public_key_id;                /* "": no public key */
    struct rsa_key *public_key;               /* NULL likewise */
    bool has_certificates;                    /* platform certificates are downloaded */
    const char *style;                        /* RED_PACKET or CONFIRM_PAGE; "": the provider's preset */

    /* Alipay */
    const char *app_sn, *root_sn;
    const char *certificate_file; /* of Alipay's own certificate: read again when it has been renewed */
    const char *product_code, *biz_scene;
    bool uses_alias;
};

struct merchants {
    struct arena *memory;
    struct merchant *items;
    size_t count;
};

HB_CHECKED hb_err merchants_read(const char *path, struct merchants **out, struct buf *problems);
void merchants_free(struct merchants *merchants); /* accepts NULL */
