/*
 * outbound/alipay_bill.h - Alipay's account bill (signcustomer): a ZIP of CSV files, in GBK.
 */
#pragma once

#include "outbound/bill.h"

/* The rows of the archive's file of single movements; summaries beside it are passed over. HB_E_INPUT: not
 * such an archive, or it holds no such file. */
HB_CHECKED hb_err alipay_bill_read(struct span archive, struct bill_rows *out);
