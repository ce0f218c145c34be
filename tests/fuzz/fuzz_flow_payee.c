/*
 * Fuzzes flow/payee.c: any JSON is a payee or is refused with a reason; a payee seals, opens as itself, and
 * its mask does not hold it.
 */
#include "flow/payee.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const struct payee *payee)
{
    static const struct seal_key KEY = {.bytes = {1}};
    static const struct player_id PLAYER = {.bytes = {2}};
    struct payee_sealed sealed;
    struct payee back = *payee;
    char mask[PAYEE_MASK_MAX];
    bool good = payee_seal(&KEY, &PLAYER, payee, &sealed);

    assert(good);
    memset(back.id, 0, sizeof back.id);
    memset(back.name, 0, sizeof back.name);
    good = payee_unseal(&KEY, &PLAYER, sealed.payee, sealed.payee_len, sealed.name, sealed.name_len, &back);
    assert(good && payee_equal(payee, &back));
    payee_mask_id(payee, mask);
    assert(strlen(payee->id) < 2 || strstr(mask, payee->id) == NULL);
    payee_mask_name(payee, mask);
    assert(payee->name[0] == '\0' || mask[0] == '*');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct payee payee;
    const char *why = NULL;
    json_t *object = NULL;

    if (json_parse((const char *)data, size, &object, NULL, 0) == HB_OK) {
        if (payee_parse(object, &payee, &why) == HB_OK) {
            round_trip(&payee);
        } else {
            assert(why != NULL && payee.id[0] == '\0');
        }
    }
    json_decref(object);
    return 0;
}
