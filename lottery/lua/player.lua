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

-- draw_no, chances_left, prize, unit of the newest answer to this key; draw_no false when the body was another, nil
-- when there is none: its bytes may stand in the packed form by chance.
local function remembered(packed, at, last, short, body)
    local found
    while at <= #packed do
        if sub(packed, at, at + 4) == short then
            found = at
        end
        at = at + (byte(packed, at + 10) == 0 and 11 or 15)
    end
    if not found then
        return nil
    end
    local kept_body, low, chances, prize = unpack_at('>c2BI2B', packed, found + 5)
    if kept_body ~= body then
        return false
    end
    return last - (last - low) % 256, chances, prize, prize == 0 and 0 or unpack_at('>I4', packed, found + 11)
end

-- Where the answers begin that are kept, counted from where the wins end: of four with a win the oldest goes.
local function behind_oldest(packed, wins_to)
    return byte(packed, wins_to + 11) == 0 and 12 or 16
end
