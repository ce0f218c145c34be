-- tests/bench/peer/draw.lua - POST /v1/campaigns/{campaign}/draws of the peer: the request and the answer of our public
-- API, so that one generator drives both.
--
-- The bearer token *is* the user: there is no signature to check and no session, which is to the peer's advantage.
--
-- What makes it fast:
--   - the call is written as bytes and its one-line reply read in one step; a client library (lua-nginx-redis) builds
--     tables for each call and costs about 4 % more
--   - pipelined.lua: with 256 connections 34 to 39 % less CPU, nginx and Redis together, than pooled.lua; with 8 some more
--   - ngx.var reads two headers; ngx.req.get_headers() would build a table of all
--   - Content-Length is set: no chunks, and head and body leave in one write

local var, header = ngx.var, ngx.header
local match, sub = string.match, string.sub

local function bulk(text)
    return '$' .. #text .. '\r\n' .. text .. '\r\n'
end

local function answer(status, body)
    ngx.status = status
    header.content_length = #body
    ngx.print(body)
end

local function problem(status, code)
    header.content_type = 'application/problem+json'
    answer(status, '{"status":' .. status .. ',"code":"' .. code .. '"}')
end

local function draw(campaign)
    local token, key = var.http_authorization, var.http_idempotency_key
    if not token or sub(token, 1, 7) ~= 'Bearer ' then
        return problem(401, 'token_missing')
    end
    if not key or #key > 255 then
        return problem(400, 'idempotency_key_invalid')
    end
    local user = sub(token, 8)
    local reply, err = campaign.call(campaign.socket, campaign.head .. bulk(user) .. bulk(key))
    if not reply then
        ngx.log(ngx.ERR, 'redis: ', err)
        return problem(503, 'redis_unavailable')
    end
    local kind, number, left, prize = match(reply, '^%+([NR]) (%d+) (%d+) (%d+)$')
    if not kind then
        if reply == '+X' then
            return problem(409, 'no_chance_left')
        end
        ngx.log(ngx.ERR, 'redis: ', reply)
        return problem(500, 'internal')
    end
    if kind == 'R' then
        header.idempotency_replayed = 'true'
    end
    local outcome = prize == '0' and '"none","prize":null' or '"won","prize":{"id":"p' .. prize .. '","kind":"voucher"}'
    answer(201, '{"draw_id":"' .. user .. '-' .. number .. '","draw_no":' .. number .. ',"outcome":' .. outcome ..
        ',"chances_left":' .. left .. '}')
end

-- The handler of one campaign; call: pipelined.lua or pooled.lua.
return function(call, socket, name)
    local campaign = {call = call, socket = socket, head = '*7\r\n' .. bulk('FCALL') .. bulk('draw_' .. name) .. bulk('2') ..
        bulk('players:' .. name) .. bulk('wins:' .. name)}
    return function()
        return draw(campaign)
    end
end
