/*
 * tests/support/outbound_world.c - see outbound_world.h.
 */
#include "tests/support/outbound_world.h"

#include "base/buf.h"
#include "tests/support/provider_vectors.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct provider_scene WECHAT_SCENE = {
    .id = "1000", .reports = {{"活动名称", "新年红包"}, {"奖励说明", "抽奖奖励"}}, .report_count = 2};

void outbound_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

const char *outbound_certificate(const struct rsa_key *key, const char *serial)
{
    static char text[8192];
    struct buf pem;
    const struct certificate_spec spec = {
        .subject = "C=CN,O=Sandbox,CN=leaf",
        .issuer = "C=CN,O=Sandbox,CN=root",
        .serial = serial,
        .key = key,
        .issuer_key = key,
        .starts_ms = INT64_C(1600000000000),
        .ends_ms = INT64_C(4000000000000),
    };

    buf_over(&pem, text, sizeof text);
    assert_int_equal(certificate_make(&spec, &pem), HB_OK);
    return buf_cstr(&pem);
}

static void merchants_fill(struct outbound_world *world)
{
    world->wechat = (struct merchant){
        .name = "wechat-main",
        .kind = PROVIDER_WECHAT,
        .app_id = "wx0000000000000001",
        .mch_id = "1900000001",
        .serial = "7A5C",
        .key = world->key,
        .notify_url = "",
        .style = "",
        .limits = {.min_fen = 10, .max_fen = 500000, .order_no_max = 32},
        .scene = WECHAT_SCENE,
    };
    assert_true(aead_key_init(&world->wechat.api_key, GCM_KEY, strlen(GCM_KEY)));
    world->alipay = (struct merchant){
        .name = "alipay-main",
        .kind = PROVIDER_ALIPAY,
        .app_id = "2021000000000001",
        .key = world->key,
        .app_sn = "0123456789abcdef0123456789abcdef",
        .root_sn = ALIPAY_ROOT_SN,
        .certificate_file = world->certificate_file,
        .product_code = "STD_RED_PACKET",
        .biz_scene = "DIRECT_TRANSFER",
        .limits = {.min_fen = 1, .max_fen = 10000000, .order_no_max = 64},
    };
}

static void alipay_keys_open(struct outbound_world *world)
{
    const char *pem = outbound_certificate(world->key, "17");
    struct certificate *certificate;

    assert_int_equal(certificate_parse(pem, strlen(pem), &certificate), HB_OK);
    memcpy(world->alipay_sn, certificate_alipay_sn(certificate), sizeof world->alipay_sn);
    certificate_free(certificate);
    outbound_write(world->certificate_file, pem);
    assert_int_equal(alipay_keys_new(world->certificate_file, &world->alipay_keys), HB_OK);
}

void outbound_world_open(struct outbound_world *world)
{
    memset(world, 0, sizeof *world);
    assert_int_equal(rsa_private_parse(VECTOR_KEY, strlen(VECTOR_KEY), &world->key), HB_OK);
    (void)snprintf(world->folder, sizeof world->folder, "/tmp/hongbao-outbound-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)snprintf(world->certificate_file, sizeof world->certificate_file, "%s/alipay.crt", world->folder);
    merchants_fill(world);
    world->wechat_keys = wechat_keys_new();
    assert_int_equal(wechat_keys_set_public(world->wechat_keys, WORLD_SERIAL, world->key), HB_OK);
    alipay_keys_open(world);
}

void outbound_world_close(struct outbound_world *world)
{
    alipay_keys_free(world->alipay_keys);
    wechat_keys_free(world->wechat_keys);
    rsa_key_free(world->key);
    (void)unlink(world->certificate_file);
    (void)rmdir(world->folder);
}

struct provider_order outbound_order(enum payee_kind kind, const char *payee_id)
{
    return (struct provider_order){.order_no = WORLD_ORDER,
                                   .amount_fen = 188,
                                   .payee_kind = kind,
                                   .payee_id = payee_id,
                                   .remark = "红包"};
}
