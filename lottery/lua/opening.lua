-- lottery/lua/opening.lua - closes what is over, puts players back, opens a new epoch.

-- Closes what an older epoch left open. False when this epoch, or a newer one, is there already.
local function older(keys, epoch)
    local shard = shard_at(keys)
    if shard and shard.epoch >= epoch then
        return false
    end
    if shard and shard.run_id ~= CLOSED_RUN then
        close(keys, shard)
    end
    return true
end

local GIVEN_UP_MAX = 16

local function beside(keys, epoch)
    return format('%s:%d', keys[2], epoch)
end

-- epoch -> ok | epoch (a newer one is there). Nothing is drawn until the next opening.
local function close_shard(keys, argv)
    local shard = shard_at(keys)
    if shard and shard.epoch > tonumber(argv[1]) then
        return 'epoch'
    end
    if shard and shard.run_id ~= CLOSED_RUN then
        close(keys, shard)
    end
    return 'ok'
end

-- epoch to be opened -> ok | epoch. What is left is a closed state without prizes at position 0, which says only
-- that all epochs before are over: without it an opening that slept would find nothing that is newer than itself.
-- The old state may be in a format that cannot be decoded, so only its beginning is read.
local function state_forget(keys, argv)
    local epoch, state = tonumber(argv[1]), call('GET', keys[1])
    if state and #state > 4 and byte(state) == 1 and unpack_at('>I4', state, 2) >= epoch then
        return 'epoch'
    end
    call('SET', keys[1], pack('>BI4I8c40I8I4BI4BI2', 1, epoch - 1, 0, CLOSED_RUN, 0, 0, 0, 0, 0, 0))
    return 'ok'
end

-- epoch to be opened -> ok | epoch. What openings that were given up left beside goes as well.
local function players_clear(keys, argv)
    local epoch = tonumber(argv[1])
    if not older(keys, epoch) then
        return 'epoch'
    end
    call('UNLINK', keys[2])
    for given_up = max(1, epoch - GIVEN_UP_MAX), epoch do
        call('UNLINK', beside(keys, given_up))
    end
    return 'ok'
end

-- epoch to be opened -> ok | epoch. All players, written beside by plain commands, come to their place: for a million of
-- them that takes half the time of players_set, and an opening that slept can only write under the name of its own epoch.
local function players_take(keys, argv)
    local epoch = tonumber(argv[1])
    if not older(keys, epoch) then
        return 'epoch'
    end
    if call('EXISTS', beside(keys, epoch)) == 1 then
        call('RENAME', beside(keys, epoch), keys[2])
    end
    return 'ok'
end

-- epoch to be opened, then player and packed state by turns -> ok | epoch
local function players_set(keys, argv)
    if not older(keys, tonumber(argv[1])) then
        return 'epoch'
    end
    for from = 2, #argv, 1000 do
        call('HSET', keys[2], spread(argv, from, min(from + 999, #argv)))
    end
    return 'ok'
end

-- packed state (position 2), kept, table JSON -> ok | done (this very opening was made before) | epoch
local function open(keys, argv)
    local state, kept, json = argv[1], tonumber(argv[2]), argv[3]
    local shard, present = {}, shard_at(keys)
    decode(shard, state)
    local tbl = table_of(json, keys[1], shard.version)
    if shard.position ~= 2 or shard.run_id == CLOSED_RUN or not tbl or #tbl.prizes > #shard.pools then
        return error_reply('ERR state and table do not make an opening')
    end
    if present and present.epoch >= shard.epoch then
        return present.epoch == shard.epoch and present.run_id == shard.run_id and 'done' or 'epoch'
    end
    call('XADD', keys[3], format('%d-1', shard.epoch), 'e', header(OPENING, shard, 1) .. pack('>I8', kept) .. state)
    call('SET', keys[4], json)
    call('SET', keys[1], state)
    forget_shards() -- whatever was decoded for these names before
    seen[keys[1]] = shard.time
    return 'ok'
end
