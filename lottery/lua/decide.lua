-- lottery/lua/decide.lua - pacing, which prize, and its unit. Twin of pacing.c and decide.c.

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
