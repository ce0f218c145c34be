/*
 * outbound/gbk.h - texts in GB18030 (which holds GBK), as Alipay's bills come, made UTF-8.
 */
#pragma once

#include "base/err.h"
#include "outbound/span.h"

struct buf;

/* Adds the text. One that is UTF-8 already stays as it is. HB_E_INPUT: it is neither. */
HB_CHECKED hb_err gbk_to_utf8(struct span text, struct buf *out);
