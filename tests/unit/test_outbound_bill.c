/*
 * Unit tests of outbound/bill.c, alipay_bill.c, zip.c, gbk.c: bills of both providers are read whole or not
 * at all.
 */
#include "outbound/alipay_bill.h"

#include "base/buf.h"
#include "outbound/gbk.h"
#include "outbound/zip.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WECHAT_HEAD                                                                                                                               \
    "\xEF\xBB\xBF记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(" \
    "元),"                                                                                                                                       \
    "资金变更提交申请人,备注,业务凭证号\r\n"
#define WECHAT_OUT \
    "`2026-02-16 20:00:01,`1330001,`F1,`商家转账,`商家转账,`支出,`1.88,`998.12,`system,`红包,`RP1\r\n"
#define WECHAT_IN \
    "`2026-02-17 21:00:00,`1330001,`F2,`商家转账,`退回,`收入,`1.88,`1000.00,`system,`红包,`RP1\r\n"
#define WECHAT_TOP_UP "`2026-02-16 09:00:00,`,`F0,`充值,`充值,`收入,`1000.00,`1000.00,`,`,`\r\n"
#define WECHAT_TAIL "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`3,`2,`1001.88,`1,`1.88\r\n"

#define ALIPAY_HEAD                                                                                                                         \
    "#支付宝账务明细查询\r\n#账号：[20880000000000010156]\r\n"                                                                  \
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）," \
    "账户余额（元），交易渠道,业务类型,备注\r\n"
#define ALIPAY_ROW                                                      \
    "1\t,20260216110070001500000000000001\t,RP1\t,红包\t,2026-02-16 " \
    "20:00:01,x\t,0.00,-1.88,998.12,支付宝,转账,\r\n"
#define ALIPAY_TAIL "#-----账务明细列表结束-----\r\n#支出合计：1笔，共-1.88元\r\n"
#define ALIPAY_SUMMARY "#汇总\r\n业务类型,收入金额（+元）,支出金额（-元）\r\n转账,0.00,-1.88\r\n#结束\r\n"

static struct bill_rows rows;

static int teardown(void **state)
{
    (void)state;
    bill_rows_free(&rows);
    return 0;
}

static hb_err read_bill(const struct bill_format *format, const char *bill)
{
    char *text = strdup(bill);
    hb_err err;

    bill_rows_free(&rows);
    err = bill_read(format, text, strlen(text), &rows);
    free(text);
    return err;
}

TEST(every_row_of_wechats_bill_is_read)
{
    assert_int_equal(read_bill(&BILL_WECHAT, WECHAT_HEAD WECHAT_TOP_UP WECHAT_OUT WECHAT_IN WECHAT_TAIL),
                     HB_OK);
    assert_int_equal(rows.count, 3);
    assert_string_equal(rows.items[0].order_no, "");
    assert_int_equal(rows.items[0].amount_fen, -100000);
    assert_string_equal(rows.items[1].order_no, "RP1");
    assert_string_equal(rows.items[1].provider_no, "1330001");
    assert_int_equal(rows.items[1].amount_fen, 188);
    assert_int_equal(rows.items[1].at_ms, INT64_C(1771243201000));
    assert_int_equal(rows.items[2].amount_fen, -188);
}

TEST(every_row_of_alipays_bill_is_read)
{
    assert_int_equal(read_bill(&BILL_ALIPAY, ALIPAY_HEAD ALIPAY_ROW ALIPAY_TAIL), HB_OK);
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.items[0].order_no, "RP1");
    assert_string_equal(rows.items[0].provider_no, "20260216110070001500000000000001");
    assert_int_equal(rows.items[0].amount_fen, 188);
}

TEST(a_day_without_movements_is_a_bill_without_rows)
{
    assert_int_equal(read_bill(&BILL_WECHAT, WECHAT_HEAD WECHAT_TAIL), HB_OK);
    assert_int_equal(rows.count, 0);
    assert_int_equal(read_bill(&BILL_ALIPAY, ALIPAY_HEAD ALIPAY_TAIL), HB_OK);
    assert_int_equal(rows.count, 0);
}

TEST(a_bill_that_was_cut_off_anywhere_is_refused)
{
    static const char BILL[] = WECHAT_HEAD WECHAT_OUT WECHAT_OUT "资金流水总笔数";

    for (size_t len = 0; len < sizeof BILL - 1; len++) {
        char *text = strndup(BILL, len);

        assert_int_not_equal(read_bill(&BILL_WECHAT, text), HB_OK);
        free(text);
    }
    assert_int_equal(read_bill(&BILL_WECHAT, BILL), HB_OK);
}

TEST(a_row_that_is_none_spoils_the_bill)
{
    static const char *const BAD[] = {
        "`2026-02-16,`1,`F1,`a,`b,`支出,`1.88,`1,`s,`r,`RP1\n",
        "`2026-02-16 20:00:01,`1,`F1,`a,`b,`支出,`1.888,`1,`s,`r,`RP1\n",
        "`2026-02-16 20:00:01,`1,`F1,`a,`b,`支出,`\"1,000.00\",`1,`s,`r,`RP1\n",
        "`2026-02-16 20:00:01,`1,`F1,`a,`b,`支出,`1e3,`1,`s,`r,`RP1\n",
        "`2026-02-16 20:00:01,`1,`F1,`a,`b,`支出,`1.88\n",
        "\"open\n",
    };

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        char text[2048];

        (void)snprintf(text, sizeof text, "%s%s%s", WECHAT_HEAD, BAD[i], WECHAT_TAIL);
        assert_int_equal(read_bill(&BILL_WECHAT, text), HB_E_INPUT);
    }
}

TEST(a_text_without_the_columns_is_no_bill)
{
    assert_int_equal(read_bill(&BILL_WECHAT, ""), HB_E_NOT_FOUND);
    assert_int_equal(read_bill(&BILL_WECHAT, "<html>"), HB_E_NOT_FOUND);
    assert_int_equal(read_bill(&BILL_ALIPAY, ALIPAY_SUMMARY), HB_E_NOT_FOUND);
}

/* ---- archives ---- */

static void pack(const char *name, const char *content, struct buf *out)
{
    assert_int_equal(zip_pack(span_of(name), span_of(content), out), HB_OK);
}

TEST(an_archive_gives_back_what_was_packed)
{
    struct zip zip;
    struct zip_entry entry;
    struct buf archive, out;

    buf_init(&archive, 65536);
    buf_init(&out, 65536);
    pack("a.csv", ALIPAY_HEAD, &archive);
    assert_int_equal(zip_start(&zip, (struct span){archive.data, archive.len}), HB_OK);
    assert_int_equal(zip_next(&zip, &entry), HB_OK);
    assert_true(span_is(entry.name, "a.csv"));
    assert_int_equal(zip_unpack(&zip, &entry, &out), HB_OK);
    assert_string_equal(buf_cstr(&out), ALIPAY_HEAD);
    assert_int_equal(zip_next(&zip, &entry), HB_E_NOT_FOUND);
    buf_free(&archive);
    buf_free(&out);
}

TEST(a_file_above_its_ceiling_is_not_unpacked)
{
    struct zip zip;
    struct zip_entry entry;
    struct buf archive, out;
    char *zeros = calloc(1, 100001);

    memset(zeros, '0', 100000);
    buf_init(&archive, 1 << 20);
    buf_init(&out, 99999);
    pack("bomb", zeros, &archive);
    assert_true(archive.len < 1000);
    assert_int_equal(zip_start(&zip, (struct span){archive.data, archive.len}), HB_OK);
    assert_int_equal(zip_next(&zip, &entry), HB_OK);
    assert_int_equal(zip_unpack(&zip, &entry, &out), HB_E_BODY_SIZE);
    buf_free(&archive);
    buf_free(&out);
    free(zeros);
}

/* Whatever byte is altered and wherever it ends: never more than what was packed, and never other bytes. */
TEST(a_damaged_archive_gives_its_content_or_nothing)
{
    static const char CONTENT[] = "some content, some content, some more";
    struct buf archive, out;

    buf_init(&archive, 65536);
    buf_init(&out, 65536);
    pack("name", CONTENT, &archive);
    for (size_t at = 0; at < archive.len; at++) {
        struct zip zip;
        struct zip_entry entry;

        archive.data[at] ^= 0x41;
        buf_clear(&out);
        if (zip_start(&zip, (struct span){archive.data, archive.len}) == HB_OK &&
            zip_next(&zip, &entry) == HB_OK && zip_unpack(&zip, &entry, &out) == HB_OK) {
            assert_string_equal(buf_cstr(&out), CONTENT);
        }
        archive.data[at] ^= 0x41;
        assert_int_equal(zip_start(&zip, (struct span){archive.data, at}), HB_E_INPUT);
    }
    buf_free(&archive);
    buf_free(&out);
}

TEST(the_movements_are_found_in_an_archive_in_gbk)
{
    /* "账务流水号,业务流水号,商户订单号,发生时间,收入金额,支出金额" and the end line, in GBK. */
    static const char GBK[] =
        "\xD5\xCB\xCE\xF1\xC1\xF7\xCB\xAE\xBA\xC5,\xD2\xB5\xCE\xF1\xC1\xF7\xCB\xAE\xBA\xC5,"
        "\xC9\xCC\xBB\xA7\xB6\xA9\xB5\xA5\xBA\xC5,\xB7\xA2\xC9\xFA\xCA\xB1\xBC\xE4,"
        "\xCA\xD5\xC8\xEB\xBD\xF0\xB6\xEE,\xD6\xA7\xB3\xF6\xBD\xF0\xB6\xEE\n"
        "1,77,RP1,2026-02-16 20:00:01,0.00,1.88\n#\xBD\xE1\xCA\xF8\n";
    struct buf archive;

    buf_init(&archive, 65536);
    pack("\xD5\xCB\xCE\xF1.csv", GBK, &archive);
    bill_rows_free(&rows);
    assert_int_equal(alipay_bill_read((struct span){archive.data, archive.len}, &rows), HB_OK);
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.items[0].provider_no, "77");
    assert_int_equal(rows.items[0].amount_fen, 188);
    buf_free(&archive);
}

TEST(an_archive_without_movements_is_no_bill)
{
    struct buf archive;

    buf_init(&archive, 65536);
    pack("summary.csv", ALIPAY_SUMMARY, &archive);
    bill_rows_free(&rows);
    assert_int_equal(alipay_bill_read((struct span){archive.data, archive.len}, &rows), HB_E_INPUT);
    assert_int_equal(alipay_bill_read(span_of("<html>"), &rows), HB_E_INPUT);
    buf_free(&archive);
}

TEST(text_that_is_neither_utf8_nor_gbk_is_refused)
{
    struct buf out;

    buf_init(&out, 1024);
    assert_int_equal(gbk_to_utf8(span_of("\xD5\xCB\xFF\xFF"), &out), HB_E_INPUT);
    assert_int_equal(out.len, 0);
    assert_int_equal(gbk_to_utf8(span_of("红包"), &out), HB_OK);
    assert_string_equal(buf_cstr(&out), "红包");
    buf_free(&out);
}

#define RUN_AND_FREE(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_AND_FREE(every_row_of_wechats_bill_is_read),
        RUN_AND_FREE(every_row_of_alipays_bill_is_read),
        RUN_AND_FREE(a_day_without_movements_is_a_bill_without_rows),
        RUN_AND_FREE(a_bill_that_was_cut_off_anywhere_is_refused),
        RUN_AND_FREE(a_row_that_is_none_spoils_the_bill),
        RUN_AND_FREE(a_text_without_the_columns_is_no_bill),
        RUN(an_archive_gives_back_what_was_packed),
        RUN(a_file_above_its_ceiling_is_not_unpacked),
        RUN(a_damaged_archive_gives_its_content_or_nothing),
        RUN_AND_FREE(the_movements_are_found_in_an_archive_in_gbk),
        RUN_AND_FREE(an_archive_without_movements_is_no_bill),
        RUN(text_that_is_neither_utf8_nor_gbk_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
