#!lua name=plain_draw
-- tests/bench/peer/plain_draw.lua - a draw as a competent engineer writes it into Redis: one call, one HGET, one HSET,
-- and an XADD only for a win. No stock, budget, caps, log of draws without a prize, or order by epochs: what it leaves
-- out is to its advantage.
--
-- FCALL draw_<campaign> 2 <players> <wins> <user> <key>
--   +N <draw number> <chances left> <prize, 0 for none>    drawn now
--   +R ...                                                 the same answer again: the user's last draw had this key
--   +X                                                     no chance left
--
-- A status, not a bulk: the reply is one line, and the client reads it in one step.
--
-- All players are fields of one hash, which costs less memory than a key each and 3 % fewer instructions. A player is 5
-- bytes (chances left, draw number, last prize), then the last key; the same as text takes 23 % more instructions.

local HEAD, HEAD_BYTES = '>I2I2I1', 5
local SPAN = 1000000 -- a weight of 1 is one in a million
local call, pack, unpack_at, sub, random
local text = {} -- numbers as texts; to write them anew for each reply takes 15 % more instructions

-- At the first draw: none of this is there yet while a library loads. Without a seed every start of Redis would draw
-- the same numbers.
local function ready()
    call, pack, unpack_at, sub, random = redis.call, struct.pack, struct.unpack, string.sub, math.random
    setmetatable(text, {__index = function(known, number)
        known[number] = tostring(number)
        return known[number]
    end})
    local now = call('TIME')
    math.randomseed(now[1] % 1000000 * 1000 + now[2])
end

-- Which prize the number points at; most numbers point at none and need no walk.
local function choose(weights, total)
    local number = random(SPAN)
    if number > total then
        return 0
    end
    for prize = 1, #weights do
        number = number - weights[prize]
        if number <= 0 then
            return prize
        end
    end
end

local function campaign(name, chances, weights)
    local total = 0
    for prize = 1, #weights do
        total = total + weights[prize]
    end
    redis.register_function('draw_' .. name, function(keys, args)
        if not call then
            ready()
        end
        local user, key = args[1], args[2]
        local left, number, prize = chances, 0, 0
        local player = call('HGET', keys[1], user)
        if player then
            left, number, prize = unpack_at(HEAD, player)
            if sub(player, HEAD_BYTES + 1) == key then
                return {ok = 'R ' .. text[number] .. ' ' .. text[left] .. ' ' .. text[prize]}
            end
        end
        if left == 0 then
            return {ok = 'X'}
        end
        left, number, prize = left - 1, number + 1, choose(weights, total)
        call('HSET', keys[1], user, pack(HEAD, left, number, prize) .. key)
        if prize > 0 then
            call('XADD', keys[2], '*', 'user', user, 'draw', number, 'prize', prize)
        end
        return {ok = 'N ' .. text[number] .. ' ' .. text[left] .. ' ' .. text[prize]}
    end)
end

campaign('noprize', 10000, {})
campaign('wins', 10000, {1000, 4000, 10000, 25000, 60000, 100000}) -- six prizes, one draw in five
campaign('test', 3, {0, 500000}) -- for test_peer.py
