--[[
Removes the record of a client from a life, live or moved aside, and takes its share out of the tallies. Needs
records.lua in front.

KEYS[1]  definition
KEYS[2]  removed
KEYS[3]  records
KEYS[4]  tallies
ARGV     incarnation and version that the caller knows, client (8 bytes), and of the next definition: epoch, body (JSON)

Output   { 'forgotten' }, { 'unknown' } where there is no record, or { 'stale' } where another definition is stored

Redis may refuse while a slot of a Cluster is moving: the bucket is read before anything is written, so it is all or
nothing.

An entry of `removed` is text: how, removed at, version, created, epoch, body, with blanks between.
]]
local live = redis.call('HMGET', KEYS[1], 'incarnation', 'version')
local how, removed_at, version, created
if live[1] == ARGV[1] then
  version = live[2]
else
  how, removed_at, version, created =
    string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '', '^(%S+) (%S+) (%S+) (%S+) ')
end
if version ~= ARGV[2] or how == 'sweeping' then return { 'stale' } end

local n = bucket_count(KEYS[3])
local bucket = bucket_of(KEYS[3], n, power_below(n), ARGV[3])
local record = redis.call('HGET', bucket, ARGV[3])
if not record then return { 'unknown' } end

-- Takes from a field of the tallies; one that comes to nothing is gone.
local function take(field, count)
  local left = redis.call('HINCRBY', KEYS[4], field, -count)
  if left == 0 then redis.call('HDEL', KEYS[4], field) end
  return left
end

local function take_value(cell, total)
  local stored = redis.call('HMGET', KEYS[4], cell .. ':s', cell .. ':q')
  local sum, squares = tonumber(stored[1] or 0) - total, tonumber(stored[2] or 0) - total * total
  redis.call('HSET', KEYS[4], cell .. ':s', string.format('%.17g', sum), cell .. ':q', string.format('%.17g', squares))
end

local code, high, low = string.byte(record, 1, 3)
local epoch, at = read_varint(record, 4)
local place = epoch .. ':' .. code .. ':'
take(place .. (high * 256 + low) .. ':p', 1)
while at <= #record do
  local kpi, day_high, day_low = string.byte(record, at, at + 2)
  local counted, after = read_varint(record, at + 3)
  local cell = place .. (day_high * 256 + day_low) .. ':' .. kpi
  at = after
  if counted % 2 == 1 then
    take_value(cell, struct.unpack('>d', record, after))
    at = after + 8
  end
  local clients, events = take(cell .. ':c', 1), take(cell .. ':e', math.floor(counted / 2))
  -- A day may hold values though its clients and events come to nothing: a forgotten client's count on its first day.
  if clients == 0 and events == 0 then
    local left = redis.call('HMGET', KEYS[4], cell .. ':s', cell .. ':q')
    local empty = tonumber(left[1] or 0) == 0 and tonumber(left[2] or 0) == 0
    if empty then redis.call('HDEL', KEYS[4], cell .. ':s', cell .. ':q') end
  end
end

redis.call('HINCRBY', KEYS[4], 'changes', 1)
redis.call('HDEL', bucket, ARGV[3])
redis.call('HINCRBY', KEYS[3], 'entries', -1)

local next_version = tonumber(version) + 1
if how then
  local entry = { how, removed_at, next_version, created, ARGV[4], ARGV[5] }
  redis.call('HSET', KEYS[2], ARGV[1], table.concat(entry, ' '))
else
  redis.call('HSET', KEYS[1], 'version', next_version, 'epoch', ARGV[4], 'body', ARGV[5])
end
return { 'forgotten' }
