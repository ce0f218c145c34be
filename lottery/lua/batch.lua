-- lottery/lua/batch.lua - draws: a batch of them with one entry in the log.

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

local function players_of(key, requests, count)
    local players = {}
    for i = 1, count do
        local at = (i - 1) * REQUEST_BYTES
        players[i] = sub(requests, at + 1, at + 16)
    end
    return players, call('HMGET', key, spread(players))
end

-- run_id, epoch, now_ms, acks, requests -> status, results, position of the entry or 0, the entry when it has a win
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
        return error_reply('ERR a batch has 1 to 256 requests of 63 bytes')
    end

    local players, states = players_of(keys[2], requests, count)
    local results, records, changed, newest = {}, {''}, {keys[2]}, {}
    local fresh, won, before = 0, false, shard.packed
    shard.packed = nil -- until the end: an error in between must not leave half a batch behind
    shard.now, shard.second, shard.day, shard.standstill = now, floor(now / 1000), day_of(tbl, now), standstill(shard, tbl, now)
    for i = 1, count do
        local player = players[i]
        local result, state, record, win = draw(shard, tbl, requests, (i - 1) * REQUEST_BYTES + 1, player, newest[player] or states[i])
        results[i] = result
        if state then
            newest[player] = state
            fresh = fresh + 1
            records[fresh + 1] = record
            changed[2 * fresh], changed[2 * fresh + 1] = player, state -- the last of a player counts
            won = won or win
        end
    end
    if fresh == 0 then
        shard.packed = before
        return {'ok', concat(results), 0, ''}
    end

    local position = shard.position
    shard.time, shard.position = now, position + fresh
    records[1] = header(DRAWS, shard, fresh)
    local entry = concat(records)
    write(keys, shard, position, entry)
    call('HSET', spread(changed))
    return {'ok', concat(results), position, won and entry or ''}
end
