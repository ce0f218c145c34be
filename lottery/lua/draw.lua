-- lottery/lua/draw.lua - one draw: may it run, what it gives, what is remembered. Twin of shard.c.

local NOTHING = '\0\0\0\0\0' -- prize and unit of a draw without one

-- Comparisons, not math.min and max: this runs for every draw.
local function chances_left(tbl, draw_no, today, base_used, granted)
    local left, base = tbl.day_chances - today, tbl.base_chances + granted
    if left < 0 then
        left = 0
    end
    if base > U16_MAX then
        base = U16_MAX
    end
    if base > base_used then
        left = left + base - base_used
    end
    if tbl.day_cap - today < left then
        left = tbl.day_cap - today
    end
    if tbl.campaign_cap - draw_no < left then
        left = tbl.campaign_cap - draw_no
    end
    return left > 0 and left or 0
end

-- Why nobody may draw at this time, nil when the window is open.
local function standstill(shard, tbl, now)
    if shard.paused == 1 then
        return STOPPED
    elseif now < tbl.start_ms then
        return NOT_STARTED
    elseif now >= tbl.end_ms then
        return ENDED
    end
    return nil
end

-- Why this player may not draw; nil and the chances left otherwise.
local function may_draw(shard, tbl, expected, draw_no, today, base_used, granted)
    if shard.standstill then
        return shard.standstill
    elseif expected ~= 0 and expected ~= draw_no + 1 then
        return OTHER_NUMBER
    elseif draw_no >= tbl.campaign_cap then
        return CAMPAIGN_CAP
    elseif today >= tbl.day_cap then
        return DAY_CAP
    end
    local left = chances_left(tbl, draw_no, today, base_used, granted)
    if left == 0 then
        return NO_CHANCE
    end
    return nil, left
end

local function refusal(status, draw_no, prize)
    return pack('>BI4I2BI4', status, min(draw_no + 1, U32_MAX), 0, prize or 0, 0)
end

-- The draw at `at` of the requests for a player whose packed state is `packed` (false: none yet).
-- result bytes; and when it ran: packed state and record bytes, whether it won.
local function draw(shard, tbl, requests, at, player, packed)
    local key, expected, block = unpack_at('>c7I4I4', requests, at + 16)
    local draw_no, day, today, base_used, granted, kinds = 0, 0, 0, 0, 0, 0
    local wins, answers_at = NO_WINS, 14

    if packed then
        draw_no, day, today, base_used, granted, kinds = unpack_at('>I4I2I2I2I2B', packed)
        if kinds > 0 then
            answers_at = 14 + 3 * kinds
            wins = sub(packed, 13, answers_at - 1)
        end
        local number, chances, prize, unit = remembered(packed, answers_at, draw_no, key)
        if number then
            return pack('>BI4I2BI4', REMEMBERED, number, chances, prize, unit)
        elseif number == false then
            return refusal(KEY_REUSED, draw_no)
        end
        if day ~= shard.day then
            today = 0
        end
    end
    local status, left = may_draw(shard, tbl, expected, draw_no, today, base_used, granted)
    if status then
        return refusal(status, draw_no)
    elseif block * 4 ~= draw_no - draw_no % 4 then
        return refusal(OTHER_BLOCK, draw_no)
    end

    local number = unpack_at('>I6', requests, at + 31 + draw_no % 4 * 8)
    local selected, why, how, prize, moment = decide(shard, tbl, wins, number)
    if how == BUSY then
        return refusal(BUSY, draw_no, prize)
    end

    if today >= tbl.day_chances then
        base_used = base_used + 1 -- below its maximum, or there had been no chance
    end
    if today < U16_MAX then
        today = today + 1
    end
    left = left - 1 -- the chance is gone, and every cap is one nearer
    if left > U16_MAX then
        left = U16_MAX
    end
    draw_no = draw_no + 1
    local draw4, left2 = U32[draw_no], U16[left]
    local given = NOTHING -- prize and unit
    if prize ~= 0 then
        given = U8[prize] .. pack('>I4', take_unit(shard, prize, how, moment))
        wins = wins_plus(wins, prize)
    end
    return 'n' .. draw4 .. left2 .. given,
        draw4 .. U16[shard.day] .. U16[today] .. U16[base_used] .. U16[granted] .. wins
            .. U8[draw_no % 256] .. key .. left2 .. (prize == 0 and '\0' or given) .. (packed and newest_three(packed, answers_at) or ''),
        player .. draw4 .. key .. U8[selected] .. U8[why] .. U8[how] .. given .. left2 .. '\0',
        prize ~= 0
end
