/*
 * Fuzzes module base: JSON of any bytes is refused, or its canonical form is a fixed point.
 */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int good)
{
    if (!good) {
        abort();
    }
}

/* Parsing the canonical form and writing it again changes nothing. */
static void check_canonical(const char *text)
{
    char why[200];
    json_t *again = NULL;
    char *text_again;

    require(json_parse(text, strlen(text), &again, why, sizeof why) == HB_OK);
    text_again = json_canonical(again);
    require(text_again != NULL && strcmp(text, text_again) == 0);
    free(text_again);
    json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[200];
    json_t *value = NULL;
    char *text;

    if (json_parse((const char *)data, size, &value, why, sizeof why) != HB_OK) {
        require(value == NULL);
        return 0;
    }
    text = json_canonical(value);
    require(text != NULL);
    check_canonical(text);
    free(text);
    json_decref(value);
    return 0;
}
