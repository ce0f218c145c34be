-- lottery/lua/player.lua - wins and remembered answers in a player's packed form. Twin of player.c.

-- Wins are handled as they stand in the packed form: n u8, then n pairs.
local NO_WINS = '\0'

local function wins_of(wins, place)
    for i = 2, #wins, 3 do
        local prize, high, low = byte(wins, i, i + 2)
        if prize == place then
            return high * 256 + low
        end
    end
    return 0
end

local function wins_plus(wins, place)
    for i = 2, #wins, 3 do
        local prize, high, low = byte(wins, i, i + 2)
        if prize == place then
            return sub(wins, 1, i) .. pack('>I2', min(high * 256 + low + 1, U16_MAX)) .. sub(wins, i + 3)
        end
        if prize > place then
            return char(byte(wins) + 1) .. sub(wins, 2, i - 1) .. pack('>BI2', place, 1) .. sub(wins, i)
        end
    end
    return char(byte(wins) + 1) .. sub(wins, 2) .. pack('>BI2', place, 1)
end

-- Where the remembered answer after the one at `at` begins: a win has its unit behind it.
local function next_answer(packed, at)
    return at + (byte(packed, at + 10) == 0 and 11 or 15)
end

-- draw_no, chances_left, prize, unit of the answer to this key; draw_no false when the body was another.
local function remembered(packed, at, last, key)
    local short = sub(key, 1, 5)
    if not find(packed, short, at, true) then
        return nil
    end
    while at <= #packed do
        local low, kept, chances, prize = unpack_at('>Bc7I2B', packed, at)
        if kept == key then
            return last - (last - low) % 256, chances, prize, prize == 0 and 0 or unpack_at('>I4', packed, at + 11)
        end
        if sub(kept, 1, 5) == short then
            return false
        end
        at = next_answer(packed, at)
    end
    return nil
end

-- The newest three of the answers from `at` on; four without a win are 44 bytes, three or fewer at most 45.
local function newest_three(packed, at)
    local bytes = #packed - at + 1
    if bytes <= 33 then
        return sub(packed, at)
    end
    if bytes == 44 then
        return sub(packed, at, at + 32)
    end
    local stop = next_answer(packed, next_answer(packed, next_answer(packed, at)))
    return sub(packed, at, stop - 1)
end
