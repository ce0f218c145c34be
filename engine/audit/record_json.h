/*
 * audit/record_json.h - one log entry as the JSON line of docs/records.md.
 */
#pragma once

#include "audit/log_walk.h"
#include "base/buf.h"

/* Without the line's end. An entry that is not in the format comes as kind "malformed" with its bytes in hex.
 */
void record_json(uint32_t shard, const struct log_entry *entry, struct buf *out);
void json_member_hex(struct buf *out, const char *name, const void *bytes, size_t len); /* ,"name":"0a.." */
