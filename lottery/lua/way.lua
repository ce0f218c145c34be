-- lottery/lua/way.lua - may this player draw, and what a draw does to the counters. Twin of may_draw and take_chance
-- in shard.c.
--
-- Both follow from a player's counters as they are packed, from what the request asks (the body's part of its key,
-- the expected number, the block), the rules and the day. Many players have the same counters and ask the same, since
-- a body says no more than the number it expects; so what follows is worked out once and kept: a way.

local HEAD_BYTES = 13 -- of a packed player: the counters, and how many kinds of prizes were won
local NOBODY = '\0\0\0\0\0\0\0\0\0\0\0\0\0' -- a player who is not there yet
local WAYS_MAX = 4096 -- about a kilobyte each

local ways, way_count = {}, 0 -- rules and day -> ask -> head -> way

-- Why nobody may draw at this time, nil when the window is open.
local function standstill(shard, tbl)
    local now = shard.now
    if shard.paused == 1 then
        return STOPPED
    elseif now < tbl.start_ms then
        return NOT_STARTED
    elseif now >= tbl.end_ms then
        return ENDED
    end
    return nil
end

-- What is known for these rules and this day; nothing is while nobody may draw. Once a batch: only between batches
-- all that is kept may go.
local function ways_of(shard, tbl)
    local day = day_of(tbl, shard.now)
    if tbl.ways_day ~= day then
        tbl.ways_day = day
        tbl.ways_name = format('%d %d %d %d %d', tbl.day_chances, tbl.base_chances, tbl.day_cap, tbl.campaign_cap, day)
    end
    if standstill(shard, tbl) then
        return {}
    elseif way_count > WAYS_MAX then
        ways, way_count = {}, 0
    end
    local known = ways[tbl.ways_name]
    if not known then
        known = {}
        ways[tbl.ways_name] = known
    end
    return known
end

local function chances_left(tbl, draw_no, today, base_used, granted)
    local day_left = max(tbl.day_chances - today, 0)
    local base_left = max(min(tbl.base_chances + granted, U16_MAX) - base_used, 0)
    return max(min(day_left + base_left, tbl.day_cap - today, tbl.campaign_cap - draw_no), 0)
end

-- What follows, when the draw runs and gives nothing:
--   counters      the first twelve bytes of the player's packed form after it
--   back          what follows the key's first five bytes in the answer that is remembered
--   outcome       what follows them in the record
--   number_at     where the draw's number is, counted from the request's first byte
--   wins_to       where the wins end in the packed form before it
--   number, low, body, left  parts of these
local function way_of(tbl, ask, draw_no, today, base_used, granted, kinds, left)
    local way = {number_at = 15 + draw_no % 4 * 6, wins_to = HEAD_BYTES + 3 * kinds,
        number = pack('>I4', draw_no + 1), body = sub(ask, 1, 2), low = char((draw_no + 1) % 256)}
    if today >= tbl.day_chances then
        base_used = base_used + 1 -- below its maximum, or there had been no chance
    end
    way.counters = way.number .. pack('>I2I2I2I2', tbl.ways_day, min(today + 1, U16_MAX), base_used, granted)
    way.left = pack('>I2', min(left - 1, U16_MAX)) -- the chance is gone, and every cap is one nearer
    way.back = way.body .. way.low .. way.left .. '\0'
    way.outcome = way.body .. way.number .. '\0\0\0' .. NOTHING .. way.left .. '\0'
    return way
end

-- The way of a player with this head who asks this, which is known from then on; nil and the status without one.
local function find_way(shard, tbl, known, ask, head)
    local draw_no, day, today, base_used, granted, kinds = unpack_at('>I4I2I2I2I2B', head)
    local expected, block = unpack_at('>I4I4', ask, 3)
    local stands = standstill(shard, tbl)
    if stands then
        return nil, stands
    elseif expected ~= 0 and expected ~= draw_no + 1 then
        return nil, OTHER_NUMBER
    elseif draw_no >= tbl.campaign_cap then
        return nil, CAMPAIGN_CAP
    end
    today = day == tbl.ways_day and today or 0
    local left = chances_left(tbl, draw_no, today, base_used, granted)
    if today >= tbl.day_cap then
        return nil, DAY_CAP
    elseif left == 0 then
        return nil, NO_CHANCE
    elseif block ~= floor(draw_no / 4) then
        return nil, OTHER_BLOCK
    end
    local way = way_of(tbl, ask, draw_no, today, base_used, granted, kinds, left)
    known[ask] = known[ask] or {}
    known[ask][head], way_count = way, way_count + 1
    return way
end
