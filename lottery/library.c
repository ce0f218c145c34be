/*
 * lottery/library.c - lottery.lua and its parts, embedded when the engine is built, and named by its content.
 */
#include "lottery/library.h"

#include "base/crypto.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 256 * 1024, HASH_USED = 8 };

/* LIBRARY_DIR is this directory's path, from CMakeLists.txt. */
#define PART(name) ".incbin \"" LIBRARY_DIR "/" name "\"\n.ascii \"\\n\"\n"

/* clang-format off */
__asm__(".pushsection .rodata\n"
        "LOTTERY_LUA:\n"
        PART("lottery.lua")
        PART("lua/table.lua")
        PART("lua/state.lua")
        PART("lua/clock.lua")
        PART("lua/player.lua")
        PART("lua/decide.lua")
        PART("lua/way.lua")
        PART("lua/draw.lua")
        PART("lua/batch.lua")
        PART("lua/control.lua")
        PART("lua/opening.lua")
        PART("lua/reading.lua")
        "LOTTERY_LUA_END:\n"
        ".byte 0\n"
        ".popsection\n");
/* clang-format on */
extern const char LOTTERY_LUA[], LOTTERY_LUA_END[];

static const char *const FUNCTIONS[LIBRARY_FUNCTIONS] = {
    [LIBRARY_DRAWS] = "draws",
    [LIBRARY_CONTROL] = "control",
    [LIBRARY_OPEN] = "open",
    [LIBRARY_CLOSE] = "close",
    [LIBRARY_STATE_FORGET] = "state_forget",
    [LIBRARY_PLAYERS_SET] = "players_set",
    [LIBRARY_PLAYERS_CLEAR] = "players_clear",
    [LIBRARY_PLAYERS_TAKE] = "players_take",
    [LIBRARY_FORGET] = "forget",
    [LIBRARY_PEEK] = "peek",
    [LIBRARY_INSPECT] = "inspect",
    [LIBRARY_ENTRIES] = "entries",
};

/* Copies the source with every @NAME@ and @SUFFIX@ filled in. */
static void fill_in(struct library *out, const char *digits)
{
    const char *at = LOTTERY_LUA;

    for (const char *mark = strchr(at, '@'); mark != NULL; mark = strchr(at, '@')) {
        buf_add(&out->text, at, (size_t)(mark - at));
        if (strncmp(mark, "@NAME@", 6) == 0) {
            buf_adds(&out->text, out->name);
            at = mark + 6;
        } else if (strncmp(mark, "@SUFFIX@", 8) == 0) {
            buf_adds(&out->text, digits);
            at = mark + 8;
        } else {
            buf_addc(&out->text, '@');
            at = mark + 1;
        }
    }
    buf_adds(&out->text, at);
}

bool library_build(struct library *out)
{
    uint8_t hash[SHA256_BYTES];
    char digits[2 * HASH_USED + 1];

    memset(out, 0, sizeof *out);
    buf_init(&out->text, TEXT_MAX);
    sha256(LOTTERY_LUA, (size_t)(LOTTERY_LUA_END - LOTTERY_LUA), hash);
    hex_encode(hash, HASH_USED, digits);
    snprintf(out->name, sizeof out->name, "hongbao_%s", digits);
    for (unsigned i = 0; i < LIBRARY_FUNCTIONS; i++) {
        snprintf(out->functions[i], sizeof out->functions[i], "%s_%s", FUNCTIONS[i], digits);
    }
    fill_in(out, digits);
    return !out->text.failed;
}

void library_free(struct library *library)
{
    buf_free(&library->text);
}
