--[[
What the scripts share that forget a client. Put in front of them, after records.lua.

An entry of `removed` is text: how, removed at, version, created, epoch, body, with blanks between.
]]

-- The stored version of a life, live or moved aside; false where it is not there or being swept; and for one that is
-- aside its entry: how, removed at, created.
local function version_of(definition, removed, incarnation)
  local live = redis.call('HMGET', definition, 'incarnation', 'version')
  if live[1] == incarnation then return live[2] end
  local how, removed_at, version, created =
    string.match(redis.call('HGET', removed, incarnation) or '', '^(%S+) (%S+) (%S+) (%S+) ')
  if not how or how == 'sweeping' then return false end
  return version, { how = how, removed_at = removed_at, created = created }
end

-- Counts the version of a life up and writes its next definition.
local function count_up(definition, removed, incarnation, version, aside, epoch, body)
  local next_version = tonumber(version) + 1
  if aside then
    local entry = { aside.how, aside.removed_at, next_version, aside.created, epoch, body }
    redis.call('HSET', removed, incarnation, table.concat(entry, ' '))
  else
    redis.call('HSET', definition, 'version', next_version, 'epoch', epoch, 'body', body)
  end
end

-- Takes from a field of the tallies; one that comes to nothing is gone.
local function take(tallies, field, count)
  local left = redis.call('HINCRBY', tallies, field, -count)
  if left == 0 then redis.call('HDEL', tallies, field) end
  return left
end

local function take_value(tallies, cell, total)
  local stored = redis.call('HMGET', tallies, cell .. ':s', cell .. ':q')
  local sum, squares = tonumber(stored[1] or 0) - total, tonumber(stored[2] or 0) - total * total
  redis.call('HSET', tallies, cell .. ':s', string.format('%.17g', sum), cell .. ':q', string.format('%.17g', squares))
end

-- Takes a record out of its bucket, and its share out of the tallies.
local function take_out(records, tallies, bucket, client, record)
  local code, high, low = string.byte(record, 1, 3)
  local epoch, at = read_varint(record, 4)
  local place = epoch .. ':' .. code .. ':'
  take(tallies, place .. (high * 256 + low) .. ':p', 1)
  while at <= #record do
    local kpi, day_high, day_low = string.byte(record, at, at + 2)
    local counted, after = read_varint(record, at + 3)
    local cell = place .. (day_high * 256 + day_low) .. ':' .. kpi
    at = after
    if counted % 2 == 1 then
      take_value(tallies, cell, struct.unpack('>d', record, after))
      at = after + 8
    end
    local clients, events = take(tallies, cell .. ':c', 1), take(tallies, cell .. ':e', math.floor(counted / 2))
    -- A day may hold values though its clients and events come to nothing: a forgotten client's count on its first day.
    if clients == 0 and events == 0 then
      local left = redis.call('HMGET', tallies, cell .. ':s', cell .. ':q')
      local empty = tonumber(left[1] or 0) == 0 and tonumber(left[2] or 0) == 0
      if empty then redis.call('HDEL', tallies, cell .. ':s', cell .. ':q') end
    end
  end

  redis.call('HINCRBY', tallies, 'changes', 1)
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
  if not bucket then return end
  redis.call('HDEL', bucket, client)
  redis.call('HINCRBY', ids, 'entries', -1)
end
