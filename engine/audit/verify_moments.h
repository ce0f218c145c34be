/*
 * audit/verify_moments.h - winning moments were loaded where the seed says, and moved on in its order.
 */
#pragma once

#include "audit/campaign_facts.h"

/* After k moves a moment is on the k-th shard after its first, due when the seed says. */
HB_CHECKED hb_err verify_moments(struct pg *pg,
                                 const struct campaign_facts *facts,
                                 struct findings *findings);
