-- lottery/lua/control.lua - leases, moments, versions, pauses: each an entry. Twin of shard_apply.c.

local function apply_lease(pool, from, to, more)
    local ranges = pool.ranges
    local count = #ranges
    if from < to then
        if count > 0 and ranges[count] == from then
            ranges[count] = to
        elseif count < 2 * RANGES_MAX then
            ranges[count + 1], ranges[count + 2] = from, to
        else
            return 'full'
        end
    end
    pool.more = more
    return 'ok'
end

local function apply_return(pool, from, to)
    local ranges = pool.ranges
    local count = #ranges
    if count == 0 or from >= to or ranges[count] ~= to or ranges[count - 1] > from then
        return 'missing'
    end
    ranges[count] = from
    if ranges[count - 1] == from then
        ranges[count], ranges[count - 1] = nil, nil
    end
    return 'ok'
end

local function earlier(a, b)
    if a.at ~= b.at then
        return a.at < b.at
    end
    if a.prize ~= b.prize then
        return a.prize < b.prize
    end
    return a.unit < b.unit
end

local function apply_moment(shard, moment)
    local moments, at = shard.moments, 1
    if #moments == MOMENTS_MAX then
        return 'full'
    end
    while moments[at] and earlier(moments[at], moment) do
        at = at + 1
    end
    if moments[at] and not earlier(moment, moments[at]) then
        return 'full'
    end
    insert(moments, at, moment)
    shard.moved = true
    return 'ok'
end

local function apply_gone(shard, prize, unit)
    for i, moment in ipairs(shard.moments) do
        if moment.prize == prize and moment.unit == unit then
            remove(shard.moments, i)
            shard.moved = true
            return 'ok'
        end
    end
    return 'missing'
end

local PAYLOAD_BYTES = {[LEASE] = 14, [RETURN] = 13, [MOMENT] = 17, [GONE] = 9, [VERSION] = 32, [PAUSE] = 1}

local function apply_stock(shard, kind, payload)
    local lease_no, place, from = unpack_at('>I4BI4', payload)
    local pool = shard.pools[place]
    if lease_no <= shard.lease_no then
        return 'done'
    elseif lease_no ~= shard.lease_no + 1 then
        return 'order'
    elseif not pool then
        return 'missing'
    end
    shard.touched[place] = true
    local verdict
    if kind == LEASE then
        local to, more = unpack_at('>I4B', payload, 10)
        verdict = from <= to and more <= 1 and apply_lease(pool, from, to, more) or 'missing'
    elseif kind == RETURN then
        verdict = apply_return(pool, from, (unpack_at('>I4', payload, 10)))
    elseif kind == MOMENT then
        verdict = apply_moment(shard, {prize = place, unit = from, at = (unpack_at('>I8', payload, 10))})
    else
        verdict = apply_gone(shard, place, from)
    end
    if verdict == 'ok' then
        shard.lease_no = lease_no
    end
    return verdict
end

local function apply_version(keys, shard, json)
    local version = decode_json(json).version
    local tbl = table_of(json, keys[1], version)
    if not tbl or #tbl.prizes < #shard.pools then
        return 'order'
    elseif version <= shard.version then
        return version == shard.version and 'done' or 'order'
    end
    for i = #shard.pools + 1, #tbl.prizes do
        -- Dry, and the campaign has more: its first draw asks for a lease.
        shard.pools[i] = {given = 0, second = 0, in_second = 0, more = 1, ranges = {}}
        shard.touched[i] = true
    end
    shard.parts[1], shard.moved = char(#tbl.prizes), true
    shard.version, shard.tbl, shard.tbl_epoch = version, tbl, shard.epoch
    return 'ok'
end

local function apply_pause(shard, payload)
    local paused = byte(payload)
    if paused > 1 then
        return 'missing'
    elseif paused == shard.paused then
        return 'done'
    end
    shard.paused = paused
    return 'ok'
end

-- run_id, epoch, now_ms, kind, payload as in record.h, table JSON for VERSION -> verdict, position of the entry or 0
-- ok | done (was applied before) | order | full | missing (not there to take) | closed | jump
local function control(keys, argv)
    local kind, payload = tonumber(argv[4]), argv[5]
    local shard, why, now = serving(keys, argv[1], argv[2], argv[3])
    if not shard then
        return {why, 0}
    end
    if #payload ~= PAYLOAD_BYTES[kind] then
        return error_reply('ERR payload of another length')
    end
    shard.packed = nil -- decoded anew unless it is written
    local verdict
    if kind == VERSION then
        verdict = apply_version(keys, shard, argv[6])
    elseif kind == PAUSE then
        verdict = apply_pause(shard, payload)
    else
        verdict = apply_stock(shard, kind, payload)
    end
    if verdict ~= 'ok' then
        return {verdict, 0}
    end
    local position = shard.position
    shard.time, shard.position = now, position + 1
    write(keys, shard, position, header(kind, shard, 1) .. payload)
    if kind == VERSION then
        call('SET', keys[4], argv[6])
    end
    return {verdict, position}
end
