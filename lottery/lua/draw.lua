-- lottery/lua/draw.lua - one draw: remembered or refused, what it gives, what is remembered of it. Twin of shard.c.

local function answer_bytes(status, draw_no, chances, prize, unit)
    return pack('>BI4I2BI4', status, min(draw_no, U32_MAX), chances, prize, unit)
end

local function refusal(status, draw_no, prize)
    return answer_bytes(status, draw_no + 1, 0, prize or 0, 0)
end

-- The bytes for a key that this player's answers know, nil for a new one.
local function answer_again(packed, short, ask)
    local draw_no, kinds = unpack_at('>I4', packed), byte(packed, HEAD_BYTES)
    local number, chances, prize, unit = remembered(packed, HEAD_BYTES + 3 * kinds + 1, draw_no, short, sub(ask, 1, 2))
    if number then
        return answer_bytes(REMEMBERED, number, chances, prize, unit)
    elseif number == false then
        return refusal(KEY_REUSED, draw_no)
    end
    return nil
end

-- For a draw whose way is not known, or whose key may be: its way, or nil and the answer's bytes.
local function look(shard, tbl, known, packed, short, ask)
    local answer = answer_again(packed, short, ask)
    if answer then
        return nil, answer
    end
    local way, status = find_way(shard, tbl, known, ask, sub(packed, 1, HEAD_BYTES))
    if not way then
        return nil, refusal(status, (unpack_at('>I4', packed)))
    end
    return way
end

-- Takes what the draw's number gives: the wins after it, back and outcome as in a way; or nil, nil, nil and the
-- answer's bytes.
local function take(shard, tbl, way, wins, number)
    local selected, why, how, prize, moment = decide(shard, tbl, wins, number)
    if how == BUSY then
        return nil, nil, nil, refusal(BUSY, (unpack_at('>I4', way.number)) - 1, prize)
    end
    local back, given = way.back, NOTHING -- prize and unit
    if prize ~= 0 then
        given = U8[prize] .. pack('>I4', take_unit(shard, prize, how, moment))
        wins, back = wins_plus(wins, prize), way.body .. way.low .. way.left .. given
    end
    return wins, back, way.body .. way.number .. U8[selected] .. U8[why] .. U8[how] .. given .. way.left .. '\0'
end
