/*
 * cli/campaign_internal.h - what the files of `hongbao campaign` share.
 */
#pragma once

#include "cli/cli.h"

int campaign_validate(struct cli *cli);
int campaign_publish(struct cli *cli);
int campaign_pause(struct cli *cli, bool paused);
int campaign_close(struct cli *cli);
int campaign_archive(struct cli *cli);
