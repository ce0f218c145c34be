#!lua name=@NAME@
-- lottery/lottery.lua - draws on one shard, inside Redis: the twin of the C here. What all parts use; then, in
-- this order: table, state, clock, player, decide, way, draw, batch, control, opening, reading (lua/). One chunk for Redis.
--
-- The packed forms are in player.h, record.h and shard.h, what a draw means in shard.h and decide.h; the
-- differential test holds both sides together to the byte. The hash of the whole text takes the place of @NAME@
-- and @SUFFIX@, so that two versions can live in one Redis.
--
-- KEYS of every function: {campaign:shard}:state, :players, :log, :table.
--
-- Numbers are doubles here. All that is stored stays below 2^53, and `floor(a / b)` of whole numbers equals
-- their integer division when a + b < 2^53: let k be the first whole number above a / b; then k - a / b >= 1 / b,
-- while doubles near k lie no further apart than k * 2^-52, so rounding reaches k only if k * b >= 2^53, and k * b <= a + b.

local JUMP_MS = 3600 * 1000
local CLOSED_RUN = '0000000000000000000000000000000000000000'
local BATCH_MAX, RANGES_MAX, MOMENTS_MAX, CACHED_MAX = 256, 32, 512, 256
local U16_MAX, U32_MAX = 65535, 4294967295
local REQUEST_BYTES, ACK_BYTES = 55, 12
local NOTHING = '\0\0\0\0\0' -- prize and unit of a draw without one

local DRAWS, OPENING, LEASE, RETURN, MOMENT, GONE, VERSION, PAUSE = 1, 2, 3, 4, 5, 6, 7, 8
local SPENT, PACED, CAPPED = 1, 2, 3
local BY_ODDS, BY_MOMENT, BY_ALWAYS = 1, 2, 3

-- enum draw_status: the letters r k x c d, m b o s e p; a draw that ran is in the entry.
local REMEMBERED, KEY_REUSED, OTHER_NUMBER, NO_CHANCE, DAY_CAP = 114, 107, 120, 99, 100
local CAMPAIGN_CAP, BUSY, OTHER_BLOCK, NOT_STARTED, ENDED, STOPPED = 109, 98, 111, 115, 101, 112

local U8 = {} -- numbers as their packed byte

-- Nothing of these is there yet while a library loads: ready() fetches them at the first call.
local call, error_reply, decode_json, pack, unpack_at
local sub, byte, char, find, match, format, rep, floor, ceil, min, max, concat, insert, remove, sort, spread

local function ready()
    call, error_reply, decode_json = redis.call, redis.error_reply, cjson.decode
    pack, unpack_at = struct.pack, struct.unpack
    sub, byte, char, find, match, format, rep = string.sub, string.byte, string.char, string.find, string.match, string.format, string.rep
    floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
    concat, insert, remove, sort = table.concat, table.insert, table.remove, table.sort
    spread = unpack
    for number = 0, 255 do
        U8[number] = char(number)
    end
end

-- What earlier calls decoded, by state key. Truth is in the keys: a shard is used only while its packed state is
-- the very string it was decoded from, a table only for the epoch and version it was read for.
local shards, shard_count = {}, 0
local seen = {} -- state key -> newest clock that any call on it saw
