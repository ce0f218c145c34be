-- lottery/lua/reading.lua - what is asked without changing a draw, and the names of all functions.

-- run_id, epoch, now_ms, player -> packed player ('' when new), shard time, 1 when open for this caller
local function peek(keys, argv)
    local shard = shard_at(keys)
    if not shard then
        return {'', 0, 0}
    end
    local now = clock(argv[3])
    local open_here = shard.epoch == tonumber(argv[2]) and shard.run_id == argv[1] and argv[1] ~= CLOSED_RUN
    notice(keys[1], shard.time, now)
    return {call('HGET', keys[2], argv[4]) or '', max(shard.time, now), open_here and 1 or 0}
end

-- packed state ('' when there is none), all entries
local function inspect(keys)
    return {call('GET', keys[1]) or '', call('XRANGE', keys[3], '-', '+')}
end

-- now_ms, count -> the oldest entries
local function entries(keys, argv)
    local shard = shard_at(keys)
    if shard then
        notice(keys[1], shard.time, clock(argv[1]))
    end
    return call('XRANGE', keys[3], '-', '+', 'COUNT', argv[2])
end

-- packed ids as in draws
local function forget(keys, argv)
    forget_entries(keys[3], argv[1])
    return 'ok'
end

local function register(name, callback, flags)
    redis.register_function {
        function_name = name .. '_@SUFFIX@',
        flags = flags,
        callback = function(keys, argv)
            if not call then
                ready()
            end
            return callback(keys, argv)
        end,
    }
end

register('draws', draws, {})
register('control', control, {})
register('open', open, {})
register('close', close_shard, {'allow-oom'})
register('state_forget', state_forget, {'allow-oom'})
register('players_set', players_set, {})
register('players_clear', players_clear, {'allow-oom'})
register('players_take', players_take, {'allow-oom'})
register('forget', forget, {'allow-oom'})
register('peek', peek, {'no-writes'})
register('inspect', inspect, {'no-writes'})
register('entries', entries, {'no-writes'})
