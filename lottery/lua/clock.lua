-- lottery/lua/clock.lua - shard time, and whom a shard serves: this epoch, this run, no jump of the clock.

local function clock(given)
    if given ~= '0' then
        return tonumber(given)
    end
    local time = call('TIME')
    return time[1] * 1000 + floor(time[2] / 1000)
end

-- Remembers that a call came now, unless the clock jumped since the last: then only an opening helps.
local function notice(key, base, now)
    local newest = max(base, seen[key] or 0)
    if now - newest > JUMP_MS then
        return false
    end
    seen[key] = max(newest, now)
    return true
end

local function close(keys, shard)
    shard.run_id, shard.packed = CLOSED_RUN, nil
    call('SET', keys[1], state_bytes(shard))
end

-- shard, nil when its time has moved to now; nil and why when it does not serve this caller.
local function serving(keys, run_id, epoch, given)
    local shard = shard_at(keys)
    if not shard or shard.epoch_text ~= epoch or shard.run_id ~= run_id or run_id == CLOSED_RUN then
        return nil, 'closed'
    end
    local now = clock(given)
    if not notice(keys[1], shard.time, now) then
        close(keys, shard)
        return nil, 'jump'
    end
    return shard, nil, max(shard.time, now)
end
