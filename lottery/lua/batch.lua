-- lottery/lua/batch.lua - draws: a batch of them with one entry in the log.
--
-- The requests: first all players, 16 bytes each; then for each of them
--   key 7 | expected draw_no u32, 0: any | block u32 | the block's four numbers, 6 bytes each
-- A request of a player who is in the batch before has the highest bit of its block set: whoever sends compares the
-- players for far less than a table of them costs here, and without that bit a state would be drawn from twice.

local PLAYER_BYTES = 16

-- Kept from batch to batch, so that they need not grow again: the entry's parts; key, player, state, player, state ...
-- for HSET. What an earlier batch left behind the end of this one is never read.
local parts, changed = {}, {}

local PLAYERS = {} -- count -> format of so many players

local function players_of(key, requests, count)
    local form = PLAYERS[count]
    if not form then
        form = rep('c16', count)
        PLAYERS[count] = form
    end
    local players = {unpack_at(form, requests)}
    return players, call('HMGET', key, spread(players, 1, count))
end

local function forget_entries(log, acks)
    local ids = {}
    for at = 1, #acks, ACK_BYTES do
        local epoch, position = unpack_at('>I4I8', acks, at)
        ids[#ids + 1] = format('%d-%d', epoch, position)
    end
    for from = 1, #ids, 1000 do
        call('XDEL', log, spread(ids, from, min(from + 999, #ids)))
    end
end

-- With a moment due or an `always` prize any number may win; else those that select something.
local function blank_from(shard, tbl)
    local first = shard.moments[1]
    if tbl.always[1] or first and first.at <= shard.now then
        return 256
    end
    return tbl.odds_top
end

-- The state that this player's last draw in the batch has left; nil when none ran.
local function newest(player, last)
    for i = last, 2, -2 do
        if changed[i] == player then
            return changed[i + 1]
        end
    end
    return nil
end

-- Runs all draws: fills `parts` and `changed` from 2 on; returns how many ran, and the answers of the others.
-- Most draws are new, their way is known, and they give nothing. For these every string counts that is made, and
-- every function that is called.
local function run(shard, tbl, requests, count, players, states)
    local known, blank = ways_of(shard, tbl), blank_from(shard, tbl)
    local parts, part, changed, field, refused = parts, 2, changed, 2, ''
    local at = count * PLAYER_BYTES + 1
    for i = 1, count do
        local player, packed = players[i], states[i] or NOBODY
        local short, ask = unpack_at('c5c10', requests, at)
        local same = known[ask]
        local way, answer = same and same[sub(packed, 1, HEAD_BYTES)], nil
        if not way or find(packed, short, 14, true) then
            if byte(ask, 7) >= 128 then
                packed = newest(player, field - 2) or packed
                ask = sub(ask, 1, 6) .. U8[byte(ask, 7) - 128] .. sub(ask, 8)
            end
            way, answer = look(shard, tbl, known, packed, short, ask)
        end
        local wins_to, wins, back, outcome
        if way then
            wins_to, back, outcome = way.wins_to, way.back, way.outcome
            wins = wins_to == HEAD_BYTES and NO_WINS or sub(packed, HEAD_BYTES, wins_to)
            local number_at = at + way.number_at
            if byte(requests, number_at) < blank then
                wins, back, outcome, answer = take(shard, tbl, way, wins, (unpack_at('>I6', requests, number_at)))
            end
        end
        if answer then
            refused = refused .. U8[i - 1] .. answer
        else
            -- Four answers without a win are 44 bytes, three or fewer at most 45.
            local answers = #packed - wins_to
            local from = wins_to + (answers == 44 and 12 or answers <= 45 and 1 or behind_oldest(packed, wins_to))
            parts[part], parts[part + 1], parts[part + 2] = player, short, outcome
            changed[field], changed[field + 1] = player, way.counters .. wins .. sub(packed, from) .. short .. back
            part, field = part + 3, field + 2
        end
        at = at + 39
    end
    return (field - 2) / 2, refused
end

-- run_id, epoch, now_ms, acks, requests -> status, refused, position of the entry or 0, the entry
-- refused: for each draw that is not in the entry, in order, its place in the batch from 0 and its answer
local function draws(keys, argv)
    local requests = argv[5]
    local count = #requests / REQUEST_BYTES
    if argv[4] ~= '' then
        forget_entries(keys[3], argv[4])
    end
    local shard, why, now = serving(keys, argv[1], argv[2], argv[3])
    local tbl = shard and table_for(shard, keys)
    if not tbl then
        return {why or 'closed', '', 0, ''}
    end
    if count < 1 or count > BATCH_MAX or count ~= floor(count) then
        return error_reply('ERR a batch has 1 to 256 requests of 55 bytes')
    end

    local players, states = players_of(keys[2], requests, count)
    local before = shard.packed
    shard.packed = nil -- until the end: an error in between must not leave half a batch behind
    shard.now, shard.second = now, floor(now / 1000)
    local fresh, refused = run(shard, tbl, requests, count, players, states)
    if fresh == 0 then
        shard.packed = before
        return {'ok', refused, 0, ''}
    end

    local position = shard.position
    shard.time, shard.position = now, position + fresh
    parts[1], changed[1] = header(DRAWS, shard, fresh), keys[2]
    local entry = concat(parts, '', 1, 3 * fresh + 1)
    write(keys, shard, position, entry)
    call('HSET', spread(changed, 1, 2 * fresh + 1))
    return {'ok', refused, position, entry}
end
