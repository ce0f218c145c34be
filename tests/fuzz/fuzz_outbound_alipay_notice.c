/*
 * Fuzzes module outbound: a notification of Alipay of any bytes.
 *
 * After a first byte that is even, the rest is the whole form: its signature is bad, so it is refused. After
 * an odd one it is the biz_content of a form that is signed here.
 */
#include "base/buf.h"
#include "outbound/alipay_notice.h"
#include "outbound/alipay_sign.h"
#include "tests/support/outbound_world.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 16 * 1024 };

static struct outbound_world world;

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void world_close(void)
{
    outbound_world_close(&world);
}

static void setup(void)
{
    if (world.key == NULL) {
        outbound_world_open(&world);
        (void)atexit(world_close);
    }
}

static bool no_header(void *headers, const char *name, const char **value, size_t *len)
{
    (void)headers;
    (void)name;
    (void)value;
    (void)len;
    return false;
}

static hb_err read_form(struct span form)
{
    struct provider_notice notice = {.body = form.at, .body_len = form.len, .header = no_header};
    static struct provider_event event;
    hb_err err = alipay_notice_read("2021", world.alipay_keys, &notice, &event);

    if (err == HB_OK) {
        require(event.id[0] != '\0' && event.verdict.verified && event.verdict.order_no[0] != '\0' &&
                event.verdict.outcome != PROVIDER_UNKNOWN);
    }
    return err;
}

static void read_content(struct span content)
{
    struct alipay_params params = {0};
    struct buf text, signature, form;

    buf_init(&text, 4 * BODY_MAX);
    buf_init(&signature, 4096);
    buf_init(&form, 4 * BODY_MAX);
    alipay_param_add(&params, "app_id", span_of("2021"));
    alipay_param_add(&params, "msg_method", span_of("alipay.fund.trans.order.changed"));
    alipay_param_add(&params, "notify_id", span_of("1"));
    alipay_param_add(&params, "biz_content", content);
    alipay_sign_text(&params, /* with_sign_type= */ false, &text);
    require(rsa_sign(world.key, text.data, text.len, &signature) == HB_OK);
    alipay_param_add(&params, "sign", (struct span){signature.data, signature.len});
    alipay_form_write(&params, 0, params.count, &form);
    require(!form.failed && read_form((struct span){form.data, form.len}) != HB_E_FORBIDDEN);
    buf_free(&text);
    buf_free(&signature);
    buf_free(&form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = {(const char *)data + 1, size - 1};

    if (size == 0 || size > BODY_MAX) {
        return 0;
    }
    setup();
    if (data[0] % 2 == 0) {
        require(read_form(rest) != HB_OK);
    } else {
        read_content(rest);
    }
    return 0;
}
