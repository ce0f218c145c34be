-- tests/bench/peer/pooled.lua - a call to Redis the way the manual has it: a connection from the worker's pool, which
-- goes back to it after the reply.

local tcp = ngx.socket.tcp

-- The reply's line; or nil and why there is none.
return function(socket, request)
    local redis = tcp()
    local ok, err = redis:connect(socket)
    if not ok then
        return nil, err
    end
    ok, err = redis:send(request)
    if not ok then
        return nil, err
    end
    local line
    line, err = redis:receive()
    if line then
        redis:setkeepalive()
    end
    return line, err
end
