/*
 * tests/support/provider_vectors.h - messages of both payment providers' protocols with their
 * signatures and ciphertexts.
 *
 * The key is worth nothing. PKCS#1 v1.5 signatures are deterministic, so ours must be these byte for byte.
 */
#pragma once

/* clang-format off */
/* The label comes in two pieces, so that no scanner takes it for a secret. */
#define VECTOR_KEY \
    "-----BEGIN " "PRIVATE KEY-----\n" \
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDFvX0ANK1JRHK9\n" \
    "4vrpSWWleeju0S3g4eL4KRcwxOloJfz9Ejf3SRe/d2bmeJreUUDOE0nUGbphlY1j\n" \
    "zJ6V7D7yt323WEgcu2hYX3QvF5o96Rpp85vuYGn68+ARhXLq0KXrQikC51vgJ3rj\n" \
    "RFf+JXMbEOqo/7aOx8cI9pTl55v4ieYL4EAEhlpWg3pyQWZxiv/3Xwud+jC+LPD/\n" \
    "rWadsYh8wMKiIVo2iLa1pCdRIt6cqhP6m/JrfgJF9cJwppxjF9pr+NLpWqzovxxl\n" \
    "MJlJBbMnDZVV+TefoEThFBL9juihQ/eBVkIcZ/j4QR4YuX6HhIzax4xzegl4flY3\n" \
    "l1Obo9uJAgMBAAECggEAIneik8ga0nQXagjoAoT0LlFfLE2S6SmGlgoXjD0ukCRb\n" \
    "AkPMNJLtjEbETXUFTa4tFR6gllN7vOnEEPrIQ8q/uDAKvkwpmbSC/jB5QIIlNRhu\n" \
    "Lby0V+s/XepnirZPryV6XlUUb/ii96H6FiZCDj853qRmutmD2URyaZoNnzttYPdd\n" \
    "vsK41D6z8WKrtMKewb/KmPgWppej00VHl8Q7QAGJVZ3VhNAnN70NpD8V+ssmxFPL\n" \
    "agA2MuQMtqSQpPeJLAvCVgK97H8tcbE70/fUSwOz2FVGOw+oQY2s7TjGaRbP9oMt\n" \
    "wITJ3Sp2zb+Zu391qjXm0kxDikRvkAAeQXDSMvAcNwKBgQD13VcV94QRAcyU59iq\n" \
    "D8QUoRDsJ8SrCytIi57phuSQ7vypZ3OoGUztqU8AtdLZaY0Q7YM5hFu5ppIGqUdg\n" \
    "m9CRxQr4RodTMeHqX4Vw3lpQSIGEGHfng45pG0fRspsDf8Jw3CKBN+L9nnm0ksmL\n" \
    "s+gukFiuIvPPhsQ9thC4ULoL5wKBgQDN5Ef7oR2T2mu7TKmUIvjaIbRxqyhB5mPf\n" \
    "ZshbOOnSyW3AAC9H04VqeLO3OIPxWytzILxvA9Xixrw2dhkqa4t9uVZO6nfI5JlI\n" \
    "F2cMVyxE2bQzvnoUH+0BesxosUhhHinoierKEg9xPqGm4SFY/V7I+uMXC2x+Cc1o\n" \
    "SLcCS0xvDwKBgQDpAhHscZ0p+QiH/onp8fMkkdjV1oKej4E/yYKbUwn/CV9OtQp5\n" \
    "PzEW86Q5yhe/kDbu2gnJUtUTRveRdJB+0GyEGbfhwAW0JMw0ML7oTvJMr8p/BClu\n" \
    "sdEfb4lLBPfAAy6lgxr4V5y6O5ygM5Tq31+l8Yr5zYo/HTuSOJ/z7h3D9QKBgDvR\n" \
    "xHw+blqDzmMnvelVU9oEiumvoc2rw36n3TRrz7u3XFS5eQM0WIH7ubNVDzizlWco\n" \
    "rrbOdXki5pIoM92YS3nmvEXHZ7ANgt9oNT9noGwMmIekItHwCKsyY2tTfsUAv4pZ\n" \
    "b8bwAl6TpOHYbRju3HgmNI6AejAQZwaSgeF/wSBPAoGADZCJI3GM/P+pW0d5aATM\n" \
    "0UANjy5PIgVzUnuLARC4UGjG17Um11COm1c8XrDrPXZTRtO7JTdHr9G3KT0ArUqN\n" \
    "rHXiqjCY61lXDJF5gfGJad0bZhAZ3w+s/OS0/9LdHK+u0NdPaQ2q0iLFrxoesxQR\n" \
    "lLHjYRIqZq38I/1Tm8JsA1Q=\n" \
    "-----END " "PRIVATE KEY-----\n"

#define VECTOR_SOURCE_SIGNATURE \
    "u7yWiWC6dvTz9YKXMsJOlbHIj/8+JItMC7C8RVp96KvAQVoJXhTwLlY7KxiIzXVElR33ozVlDeYXLoXXp79sNUJ2AYiusi5ysNW9" \
    "yGORL+JzlEJ0+DhATtr/QZlktaab4uZcIpGRL40rYzYjy7TD1RX7v3D5m4m7tD5PYkEGMVzvkywqNaMiw+0oarTjBxFDXd68RnwV" \
    "7H4YjkefFia4gWYUT1afcimRhRH0Wfm2t9mw2ytKvuo1UWnpT1cXf4G69DSmuT8JK04qYuEZGwqVO6Hq0DrZDSKMYOsXimL1ei0J" \
    "t2a/M/DFbe/pU1PjpqLXayjhNRQ5ab52a0uayOG0Wg=="

/* WeChat: a request with a body, at 1700000000. */
#define WECHAT_POST_BODY \
    "{\"appid\":\"wx0000000000000001\",\"out_bill_no\":\"RP0000000000000000000001\",\"transfer_scene_id\"" \
    ":\"1000\",\"openid\":\"oTESTopenid0000000000000001\",\"transfer_amount\":188,\"transfer_remark\":\"" \
    "红包\",\"transfer_scene_report_infos\":[{\"info_type\":\"活动名称\",\"info_content\":\"新年" \
    "红包\"},{\"info_type\":\"奖励说明\",\"info_content\":\"抽奖奖励\"}]}"

#define WECHAT_NONCE "0123456789ABCDEFGHIJKLMNOPQRSTUV"
#define WECHAT_POST_PATH "/v3/fund-app/mch-transfer/transfer-bills"

#define WECHAT_POST_SIGNATURE \
    "jiAHbAX9UjCTKXpsv4q/9V5xWnRAHIi/tPbLfJU+i+gnUVwrK9eQwBgrtBJ1KPFuiynqoEJV7O8B4YhZHIj/ZSXZPrwDErAWopBy" \
    "fADMsy9v84ARFKKYBmlsjSt9OsxOt/vbkUprIb6yZrUCiSttycTyjM3cxLHd/8XJdvf7RlT/3qLrpTJ43S6ohylkEV14/BXWP0Dj" \
    "x9XZs2oXapgYRa6JXoJdQUmqq9XxHo1ytfQ7nbgtfEK5ZzUj+bV+ipDGsG+UpIuYBf7yWajH6+8iQOa5vvYIK2Q+7BIgX0xyw11h" \
    "7m3VJswrRbA3JtxkajByw4ReZDUJMxhX+zkSpHiqtg=="

/* The same without a body. */
#define WECHAT_GET_PATH "/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/RP0000000000000000000001"
#define WECHAT_GET_SIGNATURE \
    "XGq7xXD9E7D4rfiJXyAF5cdayWiP8LVZ2N7h7ePWBhZcUXSwlrfNzVLc7DKLe/c+DfU5ni0Wf/4LB1w1aDf+svp487j4TlqxEQv8" \
    "VcdxKEUBUaIkK/KQFWSGatv18anCIFXsXZzsa6kQSnoCcs4Mh0oK8zjFuEKaMqNx+oXNfcBV1kmf8Zf4CPU/8CbZ1IyQiTadaurA" \
    "T4JtS4678a7JrAXykkot9ihek/LEtlgE5iGPyY+J8+JwvtJ00XdDI1LUOidl4o+SPK+jZgSZRq7wEbXquzDqCp32Nwio2vbQaX1/" \
    "i/nM7th+I/n1V8UlJPSxPfiJ9WyADul90UpV1gUa8Q=="

/* An answer, at 1700000001. */
#define WECHAT_ANSWER_NONCE "VUTSRQPONMLKJIHGFEDCBA9876543210"
#define WECHAT_ANSWER_BODY \
    "{\"out_bill_no\":\"RP0000000000000000000001\",\"transfer_bill_no\":\"1330000000000000000000000000000" \
    "001\",\"create_time\":\"2023-11-15T06:13:21+08:00\",\"state\":\"WAIT_USER_CONFIRM\",\"package_info\"" \
    ":\"AAAA\"}"

#define WECHAT_ANSWER_SIGNATURE \
    "Cm+m+tXcU6nEuKdfL++rdTEb84flqWnx51SRzxNvoZ7nklwEzTuKTlipy/EuTAgGyrZRCKU0Qwr6E8qWDZUYRpWMztpjX50zZICW" \
    "HJP314erGqSSAik1nePjZNvCA6L+BQyMe59HmYVaRRAZnc7X5Z70uZL0oPB801DII/iOP6fA92dlKXYo9KkXtqRKl01R2XsqFQyx" \
    "EESxJKJZpmrGzeewwhTZVfg++0c7G+eUHrpd5qTt3lLJVGx1SlxoACcaN8y0kGp6iZPibzJp+GGEiOv3Bn342GEjZW5PxYnjVKIE" \
    "kKZSluZ4OXFPU9HR9nSKfd2k5LyYx1pIKm8TMeWv0g=="

/* AES-256-GCM. */
#define GCM_KEY "0123456789abcdef0123456789ABCDEF"
#define GCM_NONCE "nonce0000001"
#define GCM_HELLO "zGex8j+So9McEOTSoX/XjyiwECxF"       /* with "mch_payment" */
#define GCM_HELLO_ALONE "zGex8j/mHxCwgv6giLTGESwILrk+" /* without associated data */

#define WECHAT_NOTICE_PLAIN \
    "{\"mch_id\":\"1900000001\",\"out_bill_no\":\"RP0000000000000000000001\",\"transfer_bill_no\":\"13300" \
    "00000000000000000000000000001\",\"transfer_amount\":188,\"state\":\"SUCCESS\",\"openid\":\"oTESTopen" \
    "id0000000000000001\",\"create_time\":\"2023-11-15T06:13:20+08:00\",\"update_time\":\"2023-11-15T06:1" \
    "4:20+08:00\"}"

#define WECHAT_NOTICE_CIPHER \
    "3yCw/Tjwt7Lu7kwuSbRqWR4TxdlCY7niuF1tWiCVlU3WqmdItPeeiaq8stmaXh7SWr4c4rJkX8eA0c3uxgBhV7DVMiVy84XOQxNs" \
    "6DKaBSr8mnVxkyiJTtjp8Z4M+kXLe6PPd/bAP/yRTPBOKp2/ENa2MGqpksSEWIpsQRkC69BMIveVZrXgfms4pD/5D8AD2uiUNWA1" \
    "4Qsf7ikIex2RH5V7MOjOvmkulC4XXrFj0kLjWJs4iXK0U0oEtAjm9RAH4i8SiKiKsKKDqig4mhF4qWrtY7OGVmKEUjfJ85BtvCSi" \
    "KGUI71pq45T3LAtVDemLnGxRFuFhfyHvysPS2NzAF4AtLnr9YuFm1WgY77PphimMvoB14j3mgVjhCG1TCppeyPolYN1Tz7c1V94="

/* OAEP with SHA-1: a name of six bytes. */
#define OAEP_CIPHER \
    "PmKuHFRb8nuVxtzRIHD1yjB5qSl3F3Z7oKcBrhq/fPcWZTTE5JUigpNHTQeo5GLvjov1pULu0FTxHhG2ni6YYhPBU8UirX3RBTA5" \
    "ctfX4tidu6V0kPwvXv7BIbiid2fZWVfw+YQOeUWYwqu1EA5L8pMC6ocgGAA68MQuWO8M1Ed5fBZoiaFk60c2GIXfGrjZNmaMeRRN" \
    "bt4yc3oAnefpOz5AlsrTxRvuffZXsQRs6nIUX2oMkbxuajPNnP+pKy7avebl7Ok6S4vORwXRB1+QB63tcqfE1v2SSwuwkpKhYiRt" \
    "MkhPj4E2Q3XGfYjAzkt5geH7+WfjI+oCENOOxgRHXQ=="

#define OAEP_PLAIN "张三"

#define ALIPAY_ROOT_SN \
    "687b59193f3f462dd5336e5abf83c5d8_02941eef3187dddf3d3b83462e1dfcf6"

#define ALIPAY_BIZ_CONTENT \
    "{\"out_biz_no\":\"RP0000000000000000000001\",\"trans_amount\":\"1.88\",\"product_code\":\"STD_RED_PA" \
    "CKET\",\"biz_scene\":\"DIRECT_TRANSFER\",\"order_title\":\"新年红包\",\"payee_info\":{\"identity" \
    "\":\"2088000000000001\",\"identity_type\":\"ALIPAY_USER_ID\"},\"business_params\":\"{\\\"sub_biz_sce" \
    "ne\\\":\\\"REDPACKET\\\"}\"}"

#define ALIPAY_REQUEST_SIGNATURE \
    "ceA/VPiInkfuCE1/mmBGt/UGcw8K1OpOj8YIYcZgHG27qXgIOuTZm1QIQt8ojs4uUx7pjZbSHmmfD64b62ZxfpAeZoebkQBQnNCi" \
    "yPEpU+OSW6pToU6zmG6pvP2EdyWzmnEWlRF0avK+md0+xZaXbiLt5S8FA9SGF0rmTwo6PdXaopFzLRJoSQqXvRCTVnKMBPbIyCxX" \
    "z2psP5NCP3rW9MRIT1JxnHh1s5Yui/3HtHv0/jHsLE1/DytxGJpqBxmwqsixuoR71xPLo5KH2b5taBhw5e5kTvtXGd2zQW+k5kTW" \
    "iqqdOp7UQX5Qmq/QS4ESOvFFUaCjEueXEW+5z8I/Og=="

#define ALIPAY_ANSWER_INNER \
    "{\"code\":\"10000\",\"msg\":\"Success\",\"out_biz_no\":\"RP0000000000000000000001\",\"order_id\":\"2" \
    "0231115110070000000000000000001\",\"pay_fund_order_id\":\"20231115110070001500000000000001\",\"statu" \
    "s\":\"SUCCESS\",\"trans_date\":\"2023-11-15 06:13:21\"}"

#define ALIPAY_ANSWER_SIGNATURE \
    "ZH0ikECMo0vJEmKWmw2DCUbn1iyNd91eVy07gfSWudL2U3002QXDCP/Yfpi5wJ5+mBw+aWx633iGg0cxz+RuzDVgSdGky464lXgx" \
    "KlskGb4pMDb6MjjcFIfqvlf0YRbe4geOomFSHevz4kKxGvFEmT3h5LNHymAiHcGCEr+jt/su+OwH4DXgZB0GpLT6R7t7YfYmV3qT" \
    "HWxWckAXOY4DLgMv/MMinDJuhuTUMeBBhgwL8c4styudVCllMRwdMP6IKb1eX3RhjvvdOmssmMZIw9BPMor+vD0G2oaXp1I3889K" \
    "surpAVT82xK5QJPibCUmBT4Wo9ogMVFQrHYSKVTe8g=="

/* Sorted, without sign and sign_type. */
#define ALIPAY_NOTICE_TEXT \
    "app_id=2021000000000001&biz_content={\"out_biz_no\":\"RP0000000000000000000001\",\"order_id\":\"2023" \
    "1115110070000000000000000001\",\"status\":\"SUCCESS\",\"action_type\":\"FINISH\",\"trans_amount\":\"" \
    "1.88\",\"product_code\":\"STD_RED_PACKET\",\"biz_scene\":\"DIRECT_TRANSFER\"}&charset=UTF-8&msg_meth" \
    "od=alipay.fund.trans.order.changed&notify_id=2023111500000000000000000000000001&utc_timestamp=170000" \
    "0061000&version=1.1"

#define ALIPAY_NOTICE_SIGNATURE \
    "PXnibXhrEUKqqOTeO64o89iVo/dWf8B4Yu0e0+DSieM0cdvXmDqXCocF4Mgd03daRv0tlgk4agjYS4UZ4FYOeDMgcEcMlsim61nZ" \
    "nv5LqnY9YcU0T9z5fx392WT3oBmpzecZaUDXF3Mgc/A1QwZWhcp4HMSRxD6jYGigtE4KdA5RJOAaCpxOzE0HAdXK8m4W4HUYAOEQ" \
    "WQbbjoZUuTbljIdx7kqTW14tsiJqnkIdnLzbN7/9TabIGrs2RDMpYdomlYRt0Ad+IOx8l3ZmL6ap2byOh+piz/nGkZFokNzzjuY2" \
    "5MBKWmW2NSqHZ4a5i5HnCv18k4IbN+7YA1Hi4o2XLg=="

/* clang-format on */
