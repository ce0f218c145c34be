-- tests/bench/peer/pipelined.lua - a call to Redis on the worker's one connection, shared by all of its requests.
--
-- A connection of nginx's Lua belongs to the request that opened it, so here it belongs to a timer: that sends the calls
-- of all requests that gathered during the batch before in one write, reads their replies, and wakes each request. The
-- draws stay one call each; Redis reads many at once, and so does the worker.

local tcp, timer_at, exiting = ngx.socket.tcp, ngx.timer.at, ngx.worker.exiting
local semaphore = require 'ngx.semaphore'

local BATCHES_MAX = 100000 -- a timer's memory is freed when it ends: the next one takes over its connection
local WAIT_S = 5

local waiters, requests, count = {}, {}, 0 -- the batch that gathers
local work, is_idle -- the timer sleeps on `work`; nil: no timer runs
local free, free_count = {}, 0 -- waiters with their semaphores, to use again

-- Sends the batch and wakes its requests with their replies; once the connection is lost, with why.
local function exchange(redis, ok, err)
    local batch, bytes, size = waiters, requests, count
    waiters, requests, count = {}, {}, 0
    if ok then
        ok, err = redis:send(bytes)
    end
    for i = 1, size do
        local waiter, line = batch[i], nil
        if ok then
            line, err = redis:receive()
            ok = line
        end
        waiter.line, waiter.err = line, err
        waiter.done:post(1)
    end
    return ok, err
end

local function pump(premature, socket)
    local redis = tcp()
    local ok, err = redis:connect(socket)
    for _ = 1, BATCHES_MAX do
        if count == 0 and not premature and not exiting() then
            is_idle = true
            work:wait(1)
            is_idle = false
        end
        if count > 0 then
            ok, err = exchange(redis, ok, err)
        end
        if not ok or exiting() then
            break
        end
    end
    if ok then
        redis:setkeepalive()
    end
    -- After a failure not at once: Redis may be away.
    if exiting() or not timer_at(ok and 0 or 0.1, pump, socket) then
        work = nil
    end
end

local function waiter_take()
    if free_count == 0 then
        return {done = semaphore.new()}
    end
    free_count = free_count - 1
    return free[free_count + 1]
end

-- The reply's line; or nil and why there is none.
return function(socket, request)
    if not work then
        work = semaphore.new()
        timer_at(0, pump, socket)
    end
    local waiter = waiter_take()
    count = count + 1
    waiters[count], requests[count] = waiter, request
    if is_idle then
        is_idle = false
        work:post(1)
    end
    local ok, err = waiter.done:wait(WAIT_S)
    if not ok then
        return nil, err -- it is not used again: its reply may still come
    end
    free_count = free_count + 1
    free[free_count] = waiter
    return waiter.line, waiter.err
end
