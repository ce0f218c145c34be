/*
 * outbound/wechat_notice.c - WeChat Pay's callback: believed, opened, read.
 *
 *   headers --> genuine? --> envelope --> ours? --> resource opened --> bill --> event
 */
#include "outbound/wechat_notice.h"

#include "base/buf.h"
#include "outbound/fields.h"
#include "outbound/verdict.h"
#include "outbound/wechat_resource.h"

enum { PLAIN_MAX = 64 * 1024 };

static const char FINISHED[] = "MCHTRANSFER.BILL.FINISHED";

static hb_err bill_open(const struct wechat_account *account,
                        const struct aead_key *api_key,
                        const json_t *envelope,
                        struct provider_verdict *verdict)
{
    struct buf plain;
    json_t *bill = NULL;
    hb_err err;

    buf_init(&plain, PLAIN_MAX);
    err = wechat_resource_open(api_key, json_object_get(envelope, "resource"), &plain);
    if (err == HB_OK) {
        err = json_parse(plain.data, plain.len, &bill, NULL, 0) == HB_OK ? HB_OK : HB_E_INPUT;
    }
    if (err == HB_OK) {
        verdict->verified = true;
        wechat_bill_judge(account, bill, verdict);
        err = verdict->outcome == PROVIDER_UNKNOWN ? HB_E_INPUT : HB_OK;
    }
    json_decref(bill);
    buf_free(&plain);
    return err;
}

static hb_err envelope_read(const struct wechat_account *account,
                            const struct aead_key *api_key,
                            const json_t *envelope,
                            struct provider_event *out)
{
    if (!json_is_object(envelope) || !field_word(envelope, "id", out->id, sizeof out->id) ||
        !field_word(envelope, "event_type", out->kind, sizeof out->kind) || out->id[0] == '\0' ||
        out->kind[0] == '\0') {
        return HB_E_INPUT;
    }
    return strcmp(out->kind, FINISHED) == 0 ? bill_open(account, api_key, envelope, &out->verdict)
                                            : HB_E_NOT_FOUND;
}

hb_err wechat_notice_read(const struct wechat_account *account,
                          struct wechat_keys *keys,
                          const struct aead_key *api_key,
                          const struct provider_notice *notice,
                          struct provider_event *out,
                          enum wechat_belief *belief)
{
    struct wechat_seal seal = wechat_seal_of(notice->header, notice->headers);
    json_t *envelope = NULL;
    hb_err err = HB_E_INPUT;

    memset(out, 0, sizeof *out);
    *belief = wechat_believe(keys, &seal, notice->now_ms, (struct span){notice->body, notice->body_len});
    if (*belief != WECHAT_GENUINE) {
        return HB_E_FORBIDDEN;
    }
    if (json_parse(notice->body, notice->body_len, &envelope, NULL, 0) == HB_OK) {
        err = envelope_read(account, api_key, envelope, out);
    }
    json_decref(envelope);
    return err;
}
