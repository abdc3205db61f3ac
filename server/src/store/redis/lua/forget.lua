--[[
Removes the records of clients of a life, live or moved aside, takes their shares out of the tallies, and counts the
version up. Needs sums.lua and records.lua in front.

KEYS[1]  definition
KEYS[2]  records
KEYS[3]  tallies
ARGV[1]  version that the caller knows
ARGV[2]  clients, 8 bytes each
ARGV[3]  epoch of the next definition, and
ARGV[4]  its body (JSON)
ARGV[5]  ids
ARGV[6]  rules of KPIs, see rules_in in records.lua
ARGV[7]  what is known of epochs and alternatives, see known_in

Output   1 where other ids led to one of the records, else 0, and an array of the clients under whom nothing lies any
         more (8 bytes each); or 'unknown' where there is no record of any, 'unreadable' where one makes no sense,
         'stale' where another version is stored, or none that can be brought back, or 'recap' where totals are being
         counted by new caps, which has to be finished first

Redis may refuse while a slot of a Cluster is moving: the buckets are read before anything is written, so it is all or
nothing.
]]
-- Takes from a field of the tallies; one that comes to nothing is gone.
local function take(tallies, field, count)
  -- Lua's -0 is no number to Redis.
  local left = add_count(tallies, field, 0 - count)
  if left == 0 then redis.call('HDEL', tallies, field) end
  return left
end

-- Takes from the sums of a cell; those of a cell that counts nobody any more go when they come to nothing. A
-- day may hold values though its clients and events come to nothing: a forgotten client's
-- count on its first day.
local function take_sums(tallies, cell, sum, squares, nobody)
  local left, left_squares = sums_of(tallies, cell)
  add_to(left, -sum)
  add_to(left_squares, -squares)
  if nobody and left[1] == 0 and left_squares[1] == 0 then
    redis.call('HDEL', tallies, cell .. ':s', cell .. ':q')
  elseif sum ~= 0 or squares ~= 0 then
    put_sums(tallies, cell, left, left_squares)
  end
end

-- Takes all events of a client from a cell.
local function take_events(tallies, cell, clients, events, sum, squares)
  local left, left_events = take(tallies, cell .. ':c', clients), take(tallies, cell .. ':e', events)
  take_sums(tallies, cell, sum, squares, left == 0 and left_events == 0)
end

-- Takes the share of a record out of the tallies. Returns whether other ids led to it.
local function take_out(tallies, record, rules)
  local joined = string.sub(record, 2, 3)
  local code, day, epoch, at, frozen = read_record(record)
  local place, covariate = epoch .. ':' .. code .. ':', frozen.covariate
  for _, subset in ipairs(with_frozen({ day }, frozen)) do
    local left = take(tallies, place .. subset .. ':p', 1)
    if subset == 'v0' then take_sums(tallies, place .. 'v0:p', covariate, covariate * covariate, left == 0) end
  end
  while at <= #record do
    local kpi, day, events, total, after = read_conversion(record, at)
    at = after
    local subsets = subsets_of(joined, day, frozen)
    for _, subset in ipairs(subsets) do
      take_events(tallies, place .. subset .. ':' .. kpi, 1, events, total, total * total)
    end
    if covariate then take_sums(tallies, place .. PRODUCT .. ':' .. kpi, covariate, covariate * total, true) end
    if events > 1 then
      local repeated = events - 1
      take_sums(tallies, place .. REPEATED .. ':' .. kpi, repeated * total, repeated * events, true)
    end
    local rule = rules[kpi] or NO_RULES
    if rule.cap then
      local above, amount = capped_by(rule, total, events)
      local metric = ':' .. (CAPPED + kpi)
      for _, subset in ipairs(subsets) do
        take_events(tallies, place .. subset .. metric, above, 0, amount, amount * amount)
      end
      if covariate then take_sums(tallies, place .. PRODUCT .. metric, covariate * above, covariate * amount, true) end
    end
  end

  add_count(tallies, 'changes', 1)
  return frozen.linked
end

-- Takes what a link counts for out of the tallies.
local function take_link_out(tallies, records, n, low, client)
  local link = redis.call('HGET', bucket_of(records, n, low, client), client)
  local cell = string.byte(link) == LINK and cell_of_link(link)
  if cell then take(tallies, cell, 1) end
end

-- Takes what lies under a client away, a record or a link.
local function drop(records, bucket, client)
  redis.call('HDEL', bucket, client)
  redis.call('HINCRBY', records, 'entries', -1)
end

-- The bucket in which the id of a client lies, nil where none is kept. Only reads.
local function place_of_id(records, ids, client)
  if not redis.call('HGET', records, 'ids') then return nil end
  local n = bucket_count(ids)
  local bucket = bucket_of(ids, n, power_below(n), client)
  return redis.call('HEXISTS', bucket, client) == 1 and bucket or nil
end

local function take_out_id(ids, bucket, client)
  if bucket == '' then return end
  redis.call('HDEL', bucket, client)
  redis.call('HINCRBY', ids, 'entries', -1)
end

local definition, records, tallies = KEYS[1], KEYS[2], KEYS[3]
local known_version, clients, next_epoch, next_body, ids = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local state, version, epoch = unpack(redis.call('HMGET', definition, 'state', 'version', 'epoch'))
if version ~= known_version or state == 'sweeping' then return 'stale' end
local rules, known = rules_in(ARGV[6]), known_in(ARGV[7], epoch)
if recapped(records) then return 'recap' end

local n = bucket_count(records)
local low = power_below(n)
-- The ids on the way, and by whose they are the records that they lead to.
local gone, found = {}, {}
for at = 1, #clients, 8 do
  -- False as well where another one's way has passed this one, with all that lies behind it.
  local record, owner = record_of(records, n, low, string.sub(clients, at, at + 7), known, gone)
  if type(record) == 'table' then return redis.error_reply(refusal) end
  if record and not is_sound(record) then return 'unreadable' end
  if record then found[owner] = record end
end
for owner in pairs(found) do gone[#gone + 1] = owner end
if #gone == 0 then return 'unknown' end

local id_buckets = {}
for i, id in ipairs(gone) do id_buckets[i] = place_of_id(records, ids, id) or '' end
local was_linked = '0'
for _, record in pairs(found) do
  if take_out(tallies, record, rules) then was_linked = '1' end
end
for i, id in ipairs(gone) do
  take_link_out(tallies, records, n, low, id)
  drop(records, bucket_of(records, n, low, id), id)
  take_out_id(ids, id_buckets[i], id)
end
redis.call('HSET', definition, 'version', tonumber(version) + 1, 'epoch', next_epoch, 'body', next_body)
return { was_linked, gone }
