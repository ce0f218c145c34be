/*
 * sandbox/faces.c - the addresses of both providers.
 */
#include "sandbox/faces.h"

#define BILLS "/v3/fund-app/mch-transfer/transfer-bills"

const struct http_route FACE_ROUTES[] = {
    {HTTP_POST, BILLS, wechat_create, 65536},
    {HTTP_GET, BILLS "/out-bill-no/:no", wechat_query, 0},
    {HTTP_GET, BILLS "/transfer-bill-no/:no", wechat_query_provider_no, 0},
    {HTTP_POST, BILLS "/out-bill-no/:no/cancel", wechat_cancel, 1024},
    {HTTP_GET, "/v3/certificates", wechat_certificates, 0},
    {HTTP_GET, "/v3/bill/fundflowbill", wechat_bill, 0},
    {HTTP_GET, "/v3/billdownload/file", wechat_download, 0},
    {HTTP_POST, "/gateway.do", alipay_gateway, 65536},
    {HTTP_GET, "/alipay/bill/:day", alipay_download, 0},
    {.path = NULL},
};
