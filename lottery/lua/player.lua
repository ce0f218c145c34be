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
    if wins == NO_WINS then
        return '\1' .. U8[place] .. '\0\1'
    end
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

-- draw_no, chances_left, prize, unit of the answer to this key; draw_no false when the body was another. Nil when
-- the key's bytes were there by chance only.
local function remembered(packed, at, last, short, body)
    while at <= #packed do
        local kept_short, kept_body, low, chances, prize = unpack_at('>c5c2BI2B', packed, at)
        if kept_short == short then
            if kept_body ~= body then
                return false
            end
            return last - (last - low) % 256, chances, prize, prize == 0 and 0 or unpack_at('>I4', packed, at + 11)
        end
        at = at + (prize == 0 and 11 or 15)
    end
    return nil
end

-- How far behind `at` the answers begin that are kept when one comes to four with a win: without the oldest.
local function kept_from(packed, at)
    return byte(packed, at + 11) == 0 and 12 or 16
end
