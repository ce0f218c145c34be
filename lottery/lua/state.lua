-- lottery/lua/state.lua - the packed state, decoded only when it is not the one this process wrote. Twin of shard_pack.c.

local function pool_bytes(pool)
    local ranges = pool.ranges
    if #ranges == 2 then
        return pack('>I4I8I4BBI4I4', pool.given, pool.second, pool.in_second, pool.more, 1, ranges[1], ranges[2])
    end
    local parts = {pack('>I4I8I4BB', pool.given, pool.second, pool.in_second, pool.more, #ranges / 2)}
    for i = 1, #ranges, 2 do
        parts[#parts + 1] = pack('>I4I4', ranges[i], ranges[i + 1])
    end
    return concat(parts)
end

local function moments_bytes(moments)
    local parts = {pack('>I2', #moments)}
    for i, moment in ipairs(moments) do
        parts[i + 1] = pack('>BI4I8', moment.prize, moment.unit, moment.at)
    end
    return concat(parts)
end

local function pool_of(state, at)
    local pool = {ranges = {}}
    local count
    pool.given, pool.second, pool.in_second, pool.more, count, at = unpack_at('>I4I8I4BB', state, at)
    for i = 1, 2 * count, 2 do
        pool.ranges[i], pool.ranges[i + 1], at = unpack_at('>I4I4', state, at)
    end
    return pool, at
end

local function decode(shard, state)
    local form, prizes, moments, at
    form, shard.epoch, shard.position, shard.run_id, shard.time, shard.version, shard.paused, shard.lease_no, prizes, at =
        unpack_at('>BI4I8c40I8I4BI4B', state)
    assert(form == 1, 'state of another format')
    shard.epoch_text = format('%d', shard.epoch)
    shard.pools, shard.parts, shard.moments = {}, {char(prizes)}, {}
    for i = 1, prizes do
        shard.pools[i], at = pool_of(state, at)
        shard.parts[i + 1] = pool_bytes(shard.pools[i])
    end
    moments, at = unpack_at('>I2', state, at)
    for i = 1, moments do
        local moment = {}
        moment.prize, moment.unit, moment.at, at = unpack_at('>BI4I8', state, at)
        shard.moments[i] = moment
    end
    assert(at == #state + 1, 'state of another length')
    shard.parts[prizes + 2] = moments_bytes(shard.moments)
    shard.tail = concat(shard.parts)
    shard.touched, shard.moved, shard.packed = {}, false, state
end

local function forget_shards()
    shards, shard_count = {}, 0
end

-- The shard as its state key has it, nil when there is none.
local function shard_at(keys)
    local key = keys[1]
    local state = call('GET', key)
    local shard = shards[key]
    if not state then
        return nil
    end
    if not shard then
        if shard_count == CACHED_MAX then
            forget_shards()
        end
        shard = {}
        shards[key], shard_count = shard, shard_count + 1
    end
    if shard.packed ~= state then
        shard.packed = nil
        decode(shard, state)
    end
    return shard
end

-- nil when the table that is stored is not the one the state names.
local function table_for(shard, keys)
    local tbl = shard.tbl
    if not tbl or tbl.version ~= shard.version or shard.tbl_epoch ~= shard.epoch then
        tbl = table_of(call('GET', keys[4]), keys[1], shard.version)
        if not tbl or #tbl.prizes > #shard.pools then
            return nil
        end
        shard.tbl, shard.tbl_epoch = tbl, shard.epoch
    end
    return tbl
end

local function state_bytes(shard)
    local changed = shard.moved
    for place in pairs(shard.touched) do
        shard.parts[place + 1] = pool_bytes(shard.pools[place])
        changed = true
    end
    if shard.moved then
        shard.parts[#shard.pools + 2] = moments_bytes(shard.moments)
    end
    if changed then
        shard.tail = concat(shard.parts)
        shard.touched, shard.moved = {}, false
    end
    return pack('>BI4I8c40I8I4BI4c0', 1, shard.epoch, shard.position, shard.run_id, shard.time, shard.version,
        shard.paused, shard.lease_no, shard.tail)
end

-- The entry goes first: it is the only write that can be refused.
local function write(keys, shard, position, entry)
    call('XADD', keys[3], format('%d-%d', shard.epoch, position), 'e', entry)
    local state = state_bytes(shard)
    call('SET', keys[1], state)
    shard.packed = state
end

local function header(kind, shard, count)
    return pack('>BBI8I4I2', 1, kind, shard.time, shard.version, count)
end
