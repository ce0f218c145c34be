#!lua name=@NAME@
-- lottery/lottery.lua - draws on one shard, inside Redis: the twin of shard.c, decide.c, pacing.c and player.c.
--
-- The packed forms are in player.h, record.h and shard.h, what a draw means in shard.h and decide.h; the
-- differential test holds both sides together to the byte. The loader puts the hash of this file in the place
-- of @NAME@ and @SUFFIX@, so that two versions can live in one Redis.
--
-- KEYS of every function: {campaign:shard}:state, :players, :log, :table.
--
-- Numbers are doubles here. All that is stored stays below 2^53, and `floor(a / b)` of whole numbers equals
-- their integer division when a + b < 2^53: let k be the first whole number above a / b; then k - a / b >= 1 / b,
-- while doubles near k lie no further apart than k * 2^-52, so rounding reaches k only if k * b >= 2^53, and k * b <= a + b.

local JUMP_MS = 3600 * 1000
local CLOSED_RUN = '0000000000000000000000000000000000000000'
local BATCH_MAX, RANGES_MAX, MOMENTS_MAX, CACHED_MAX = 256, 32, 512, 256
local U16_MAX, U32_MAX = 65535, 4294967295
local REQUEST_BYTES, ACK_BYTES = 63, 12

local DRAWS, OPENING, LEASE, RETURN, MOMENT, GONE, VERSION, PAUSE = 1, 2, 3, 4, 5, 6, 7, 8
local SPENT, PACED, CAPPED = 1, 2, 3
local BY_ODDS, BY_MOMENT, BY_ALWAYS = 1, 2, 3

-- enum draw_status: the letters n r k x c d m b o s e p.
local NEW, REMEMBERED, KEY_REUSED, OTHER_NUMBER, NO_CHANCE, DAY_CAP = 110, 114, 107, 120, 99, 100
local CAMPAIGN_CAP, BUSY, OTHER_BLOCK, NOT_STARTED, ENDED, STOPPED = 109, 98, 111, 115, 101, 112

-- Numbers as their packed bytes, filled in as they come up: a lookup and one `..` of all parts take a third of the
-- time of struct.pack with as many fields.
local U8, U16, U32 = {}, {}, {}

-- Nothing of these is there yet while a library loads: ready() fetches them at the first call.
local call, error_reply, decode_json, pack, unpack_at
local sub, byte, char, find, match, format, floor, min, max, concat, insert, remove, sort, spread

local function ready()
    call, error_reply, decode_json = redis.call, redis.error_reply, cjson.decode
    pack, unpack_at = struct.pack, struct.unpack
    sub, byte, char, find, match, format = string.sub, string.byte, string.char, string.find, string.match, string.format
    floor, min, max = math.floor, math.min, math.max
    concat, insert, remove, sort = table.concat, table.insert, table.remove, table.sort
    spread = unpack
    setmetatable(U16, {__index = function(known, number)
        local bytes = pack('>I2', number)
        known[number] = bytes
        return bytes
    end})
    setmetatable(U32, {__index = function(known, number)
        local bytes = pack('>I4', number)
        if number <= U16_MAX then
            known[number] = bytes
        end
        return bytes
    end})
    for number = 0, 255 do
        U8[number] = char(number)
    end
end

-- What earlier calls decoded, by state key. Truth is in the keys: a shard is used only while its packed state is
-- the very string it was decoded from, a table only for the epoch and version it was read for.
local shards, shard_count = {}, 0
local seen = {} -- state key -> newest clock that any call on it saw

---- the table ------------------------------------------------------------------------------------

local function share(allowance, table_shards, index)
    return floor((allowance + table_shards - 1 - index) / table_shards)
end

local function prize_of(place, entry, table_shards, index)
    local prize = {place = place, odds = entry.mode == 'odds', always = entry.mode == 'always'}

    prize.wins_max = entry.wins_max > 0 and entry.wins_max
    prize.per_second = entry.per_second > 0 and share(entry.per_second, table_shards, index)
    prize.curve = #entry.curve > 0 and entry.curve
    prize.slots = #entry.slots > 0 and entry.slots
    prize.from, prize.to = entry.number_from, entry.number_to
    return prize
end

local function table_of(json, state_key, version)
    local doc = json and decode_json(json)
    local index = tonumber(match(state_key, ':(%d+)}:state$'))
    if not doc or not index or doc.format ~= 1 or doc.version ~= version then
        return nil
    end
    local out = {version = version, start_ms = doc.start_ms, end_ms = doc.end_ms, days = doc.days,
        day_chances = min(doc.day_chances, U16_MAX), base_chances = min(doc.base, U16_MAX),
        day_cap = doc.day_cap > 0 and min(doc.day_cap, U16_MAX) or U32_MAX, campaign_cap = doc.campaign_cap > 0 and doc.campaign_cap or U32_MAX,
        shards = doc.shards, index = index, prizes = {}, odds = {}, always = {}, day_from = 0, day_to = 0, day = 0}
    for place, entry in ipairs(doc.prizes) do
        local prize = prize_of(place, entry, doc.shards, index)
        out.prizes[place] = prize
        if prize.odds and prize.from < prize.to then
            insert(out.odds, prize)
        elseif prize.always then
            insert(out.always, prize)
        end
    end
    sort(out.odds, function(a, b) return a.from < b.from end)
    out.odds_count = #out.odds
    out.odds_end = out.odds_count > 0 and out.odds[out.odds_count].to or 0
    return out
end

-- How many of the sorted list's items have their field at or before now.
local function passed(list, field, now)
    local low, high = 1, #list + 1
    while low < high do
        local middle = floor((low + high) / 2)
        if (field and list[middle][field] or list[middle]) <= now then
            low = middle + 1
        else
            high = middle
        end
    end
    return low - 1
end

local function day_of(tbl, now)
    if now < tbl.day_from or now >= tbl.day_to then
        local days = tbl.days
        tbl.day = passed(days, nil, now)
        tbl.day_from = days[tbl.day] or 0
        tbl.day_to = days[tbl.day + 1] or 2 ^ 53
    end
    return tbl.day
end

---- the state ------------------------------------------------------------------------------------

local function pool_bytes(pool)
    local ranges = pool.ranges
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

---- the clock ------------------------------------------------------------------------------------

local function clock(given)
    local now = tonumber(given)
    if now ~= 0 then
        return now
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
    if not shard or shard.epoch ~= tonumber(epoch) or shard.run_id ~= run_id or run_id == CLOSED_RUN then
        return nil, 'closed'
    end
    local now = clock(given)
    if not notice(keys[1], shard.time, now) then
        close(keys, shard)
        return nil, 'jump'
    end
    return shard, nil, max(shard.time, now)
end

---- one player -----------------------------------------------------------------------------------

-- packed -> draw_no, day, today, base_used, granted, wins (n u8 and its pairs), place of the remembered answers
local NO_WINS, NOTHING = '\0', '\0\0\0\0\0'

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

-- Where the remembered answer after the one at `at` begins: a win has its unit behind it.
local function next_answer(packed, at)
    return at + (byte(packed, at + 10) == 0 and 11 or 15)
end

-- draw_no, chances_left, prize, unit of the answer to this key; draw_no false when the body was another.
local function remembered(packed, at, last, key)
    local short = sub(key, 1, 5)
    if not find(packed, short, at, true) then
        return nil
    end
    while at <= #packed do
        local low, kept, chances, prize = unpack_at('>Bc7I2B', packed, at)
        if kept == key then
            return last - (last - low) % 256, chances, prize, prize == 0 and 0 or unpack_at('>I4', packed, at + 11)
        end
        if sub(kept, 1, 5) == short then
            return false
        end
        at = next_answer(packed, at)
    end
    return nil
end

-- The newest three of the answers from `at` on; four without a win are 44 bytes, three or fewer at most 45.
local function newest_three(packed, at)
    local bytes = #packed - at + 1
    if bytes <= 33 then
        return sub(packed, at)
    end
    if bytes == 44 then
        return sub(packed, at, at + 32)
    end
    local stop = next_answer(packed, next_answer(packed, next_answer(packed, at)))
    return sub(packed, at, stop - 1)
end

---- decide ---------------------------------------------------------------------------------------

local function curve_units(curve, second)
    local at = passed(curve, 1, second)
    local from, to = curve[at], curve[at + 1]
    if not from then
        return 0
    end
    if not to then
        return from[2]
    end
    return from[2] + floor((to[2] - from[2]) * (second - from[1]) / (to[1] - from[1]))
end

local function slot_open(slots, now)
    local slot = slots[passed(slots, 1, now)]
    return slot and now < slot[2]
end

local function curve_share(tbl, prize, second)
    if prize.curve_second ~= second then
        prize.curve_second = second
        prize.curve_share = share(curve_units(prize.curve, second), tbl.shards, tbl.index)
    end
    return prize.curve_share
end

local function paced(shard, tbl, prize, pool)
    local second = shard.second
    if prize.slots and not slot_open(prize.slots, shard.now) then
        return true
    end
    if prize.per_second and (pool.second == second and pool.in_second or 0) >= prize.per_second then
        return true
    end
    return prize.curve and pool.given >= curve_share(tbl, prize, second)
end

-- nil when a unit can be given; else why not: CAPPED, PACED, SPENT or BUSY.
local function withheld(shard, tbl, prize, wins)
    local pool = shard.pools[prize.place]
    if prize.wins_max and wins_of(wins, prize.place) >= prize.wins_max then
        return CAPPED
    end
    if paced(shard, tbl, prize, pool) then
        return PACED
    end
    if pool.ranges[1] then
        return nil
    end
    return pool.more == 1 and BUSY or SPENT
end

local function due_moment(shard, tbl, wins)
    for i, moment in ipairs(shard.moments) do
        if moment.at > shard.now then
            return nil
        end
        local prize = tbl.prizes[moment.prize]
        if prize and not (prize.wins_max and wins_of(wins, prize.place) >= prize.wins_max) then
            return i, moment
        end
    end
    return nil
end

local function selected_by(tbl, number)
    if number >= tbl.odds_end then
        return nil
    end
    for i = 1, tbl.odds_count do
        local prize = tbl.odds[i]
        if number < prize.to then
            return number >= prize.from and prize or nil
        end
    end
    return nil
end

-- selected, why, how, prize, place of the moment; how is BUSY when prize is dry here and the campaign has more.
local function decide(shard, tbl, wins, number)
    local prize = selected_by(tbl, number)
    local selected, why = prize and prize.place or 0, 0
    local first = shard.moments[1]
    if first and first.at <= shard.now then
        local place, moment = due_moment(shard, tbl, wins)
        if place then
            return selected, 0, BY_MOMENT, moment.prize, place
        end
    end
    if prize then
        why = withheld(shard, tbl, prize, wins)
        if not why then
            return selected, 0, BY_ODDS, selected
        end
        if why == BUSY then
            return selected, 0, BUSY, selected
        end
    end
    for i = 1, #tbl.always do
        prize = tbl.always[i]
        local not_given = withheld(shard, tbl, prize, wins)
        if not not_given or not_given == BUSY then
            return selected, why, not_given or BY_ALWAYS, prize.place
        end
    end
    return selected, why, 0, 0
end

local function take_unit(shard, place, how, moment)
    local pool, second, unit = shard.pools[place], shard.second, nil
    if how == BY_MOMENT then
        unit = remove(shard.moments, moment).unit
        shard.moved = true
    else
        local ranges = pool.ranges
        unit = ranges[1]
        if unit + 1 < ranges[2] then
            ranges[1] = unit + 1
        else
            remove(ranges, 1)
            remove(ranges, 1)
        end
    end
    pool.in_second = pool.second == second and pool.in_second + 1 or 1
    pool.second = second
    pool.given = pool.given + 1
    shard.touched[place] = true
    return unit
end

---- one draw -------------------------------------------------------------------------------------

-- Comparisons, not math.min and max: this runs for every draw.
local function chances_left(tbl, draw_no, today, base_used, granted)
    local left, base = tbl.day_chances - today, tbl.base_chances + granted
    if left < 0 then
        left = 0
    end
    if base > U16_MAX then
        base = U16_MAX
    end
    if base > base_used then
        left = left + base - base_used
    end
    if tbl.day_cap - today < left then
        left = tbl.day_cap - today
    end
    if tbl.campaign_cap - draw_no < left then
        left = tbl.campaign_cap - draw_no
    end
    return left > 0 and left or 0
end

-- Why nobody may draw at this time, nil when the window is open.
local function standstill(shard, tbl, now)
    if shard.paused == 1 then
        return STOPPED
    elseif now < tbl.start_ms then
        return NOT_STARTED
    elseif now >= tbl.end_ms then
        return ENDED
    end
    return nil
end

-- Why this player may not draw; nil and the chances left otherwise.
local function may_draw(shard, tbl, expected, draw_no, today, base_used, granted)
    if shard.standstill then
        return shard.standstill
    elseif expected ~= 0 and expected ~= draw_no + 1 then
        return OTHER_NUMBER
    elseif draw_no >= tbl.campaign_cap then
        return CAMPAIGN_CAP
    elseif today >= tbl.day_cap then
        return DAY_CAP
    end
    local left = chances_left(tbl, draw_no, today, base_used, granted)
    if left == 0 then
        return NO_CHANCE
    end
    return nil, left
end

local function refusal(status, draw_no, prize)
    return pack('>BI4I2BI4', status, min(draw_no + 1, U32_MAX), 0, prize or 0, 0)
end

-- The draw at `at` of the requests for a player whose packed state is `packed` (false: none yet).
-- result bytes; and when it ran: packed state and record bytes, whether it won.
local function draw(shard, tbl, requests, at, player, packed)
    local key, expected, block = unpack_at('>c7I4I4', requests, at + 16)
    local draw_no, day, today, base_used, granted, kinds = 0, 0, 0, 0, 0, 0
    local wins, answers_at = NO_WINS, 14

    if packed then
        draw_no, day, today, base_used, granted, kinds = unpack_at('>I4I2I2I2I2B', packed)
        if kinds > 0 then
            answers_at = 14 + 3 * kinds
            wins = sub(packed, 13, answers_at - 1)
        end
        local number, chances, prize, unit = remembered(packed, answers_at, draw_no, key)
        if number then
            return pack('>BI4I2BI4', REMEMBERED, number, chances, prize, unit)
        elseif number == false then
            return refusal(KEY_REUSED, draw_no)
        end
        if day ~= shard.day then
            today = 0
        end
    end
    local status, left = may_draw(shard, tbl, expected, draw_no, today, base_used, granted)
    if status then
        return refusal(status, draw_no)
    elseif block * 4 ~= draw_no - draw_no % 4 then
        return refusal(OTHER_BLOCK, draw_no)
    end

    local number = unpack_at('>I6', requests, at + 31 + draw_no % 4 * 8)
    local selected, why, how, prize, moment = decide(shard, tbl, wins, number)
    if how == BUSY then
        return refusal(BUSY, draw_no, prize)
    end

    if today >= tbl.day_chances then
        base_used = base_used + 1 -- below its maximum, or there had been no chance
    end
    if today < U16_MAX then
        today = today + 1
    end
    left = left - 1 -- the chance is gone, and every cap is one nearer
    if left > U16_MAX then
        left = U16_MAX
    end
    draw_no = draw_no + 1
    local draw4, left2 = U32[draw_no], U16[left]
    local given = NOTHING -- prize and unit
    if prize ~= 0 then
        given = U8[prize] .. pack('>I4', take_unit(shard, prize, how, moment))
        wins = wins_plus(wins, prize)
    end
    return 'n' .. draw4 .. left2 .. given,
        draw4 .. U16[shard.day] .. U16[today] .. U16[base_used] .. U16[granted] .. wins
            .. U8[draw_no % 256] .. key .. left2 .. (prize == 0 and '\0' or given) .. (packed and newest_three(packed, answers_at) or ''),
        player .. draw4 .. key .. U8[selected] .. U8[why] .. U8[how] .. given .. left2 .. '\0',
        prize ~= 0
end

---- a batch --------------------------------------------------------------------------------------

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

---- control --------------------------------------------------------------------------------------

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

---- opening --------------------------------------------------------------------------------------

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

-- epoch to be opened -> ok | epoch
local function players_clear(keys, argv)
    if not older(keys, tonumber(argv[1])) then
        return 'epoch'
    end
    call('UNLINK', keys[2])
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

---- reading --------------------------------------------------------------------------------------

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
register('players_set', players_set, {})
register('players_clear', players_clear, {'allow-oom'})
register('forget', forget, {'allow-oom'})
register('peek', peek, {'no-writes'})
register('inspect', inspect, {'no-writes'})
register('entries', entries, {'no-writes'})
