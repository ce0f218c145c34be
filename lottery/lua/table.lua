-- lottery/lua/table.lua - the compiled table as a decision needs it. Twin of table.c.

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
    out.odds_top = ceil(out.odds_end / 2 ^ 40) -- a number whose first byte is at least this selects nothing
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
