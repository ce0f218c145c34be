/*
 * Fuzzes module base: a configuration file of any bytes gives settings or problems, and what it gives is in
 * range.
 */
#include "base/config_internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = config_new();
    struct buf problems;

    require(config != NULL);
    buf_init(&problems, 65536);
    config_parse_text(config, "fuzz", (const char *)data, size, &problems);
    for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
        const struct config_row *row = &CONFIG_ROWS[key];

        require(config_text(config, key) != NULL);
        require(row->type == CONFIG_TEXT ||
                (config_int(config, key) >= row->min && config_int(config, key) <= row->max));
    }
    buf_free(&problems);
    config_free(config);
    return 0;
}
