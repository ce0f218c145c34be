/*
 * campaign/demo.h - the demo campaign: a Spring Festival event that a newcomer can play at once.
 *
 * Id "spring", in Asia/Shanghai, begun a minute ago, thirty days long. It shows every kind of prize and every
 * mode, and its first draws win: whoever tries it sees a red packet open.
 */
#pragma once

#include <stdint.h>

/* The document as JSON text, malloc'ed; NULL when out of memory. It validates without a problem at now_ms. */
char *demo_document(int64_t now_ms);
