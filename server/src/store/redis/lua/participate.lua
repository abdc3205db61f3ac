--[[
Records proposals of clients that have no assignment yet, and counts them; a whole batch of one experiment at once.
Needs sums.lua and records.lua in front.

KEYS[1]  definition of the life
KEYS[2]  records
KEYS[3]  tallies
ARGV[1]  version on which the proposals were decided
ARGV[2]  what is known of epochs and alternatives, see known_in in records.lua
ARGV[3]  how many calls there are, and
ARGV[4]  the calls: client 8 bytes, proposed assignment u8, day u16, length of the extras u8, extras
ARGV[5]  ids, where any of the calls has one to be kept, and
ARGV[6…] one per call, empty where there is none

Output   2 bytes per call, in order: what happened and the assignment
         r = recorded, e = existing, l = existing by a link, s = stale (assignment 0),
         b = its record makes no sense (0): nothing was written for that call,
         u = refused by Redis (0): the same; or Redis's reason where every call was refused

Redis may refuse in the middle: while a slot of a Cluster is moving, a bucket may be on the other node already. That
call is refused and the rest goes on; an error would leave records that no tally counts. A record whose id can't be kept
is taken back.
]]
local definition, records, tallies = KEYS[1], KEYS[2], KEYS[3]
local known_version = ARGV[1]
local count, calls, ids = tonumber(ARGV[3]), ARGV[4], ARGV[5]
local FIRST_ID = 6

local state, version, epoch = unpack(redis.call('HMGET', definition, 'state', 'version', 'epoch'))
if state ~= 'live' then return string.rep('s\0', count) end

local known = known_in(ARGV[2], epoch)

-- On another version nothing is recorded, but who has an assignment keeps it.
local current = version == known_version

local NO_EPOCH = '\0'
local epoch_bytes = varint(tonumber(epoch))
local n = bucket_count(records)
local low = power_below(n)
local outcomes, fields, moments, added = {}, {}, {}, 0
local ids_n = ids and bucket_count(ids)
local ids_low, ids_added = ids and power_below(ids_n), 0

-- Keeps the id of a new client if there is one to keep; false if it was refused.
local function kept(client)
  local id = ids and ARGV[FIRST_ID + #outcomes] or ''
  if id == '' then return true end
  local new = redis.pcall('HSET', bucket_of(ids, ids_n, ids_low, client), client, id)
  if refused(new) then return false end
  ids_added = ids_added + new
  return true
end

-- One more participant in each of its subsets.
local function add(cell, frozen)
  local place = epoch .. ':' .. string.byte(cell, 1) .. ':'
  for _, subset in ipairs(with_frozen({ number_of(string.sub(cell, 2, 3)) }, frozen)) do
    local field = place .. subset .. ':p'
    fields[field] = (fields[field] or 0) + 1
  end
  local covariate = frozen.covariate
  if not covariate then return end
  local field = place .. 'v0:p'
  local sums = moments[field] or { sums_of(tallies, field) }
  moments[field] = sums
  add_to(sums[1], covariate)
  add_to(sums[2], covariate * covariate)
end

local at = 1
for _ = 1, count do
  local client = string.sub(calls, at, at + 7)
  local bucket = bucket_of(records, n, low, client)
  local cell = string.sub(calls, at + 8, at + 10)
  local size = string.byte(calls, at + 11)
  local proposed = cell
  if size > 0 or epoch_bytes ~= NO_EPOCH then
    proposed = cell .. epoch_bytes .. string.sub(calls, at + 12, at + 11 + size)
  end
  local frozen = size > 0 and read_extras(calls, at + 12) or NOTHING_FROZEN
  at = at + 12 + size
  local new = current and redis.pcall('HSETNX', bucket, client, proposed)
  local failed = refused(new)
  local taken_back = nil
  local record, owner = false, client
  if new ~= 1 then
    record, owner = record_of(records, n, low, client, known)
    -- A link that leads to nobody any more gives its place up.
    if current and not failed and not record then
      taken_back = redis.pcall('HGET', bucket, client)
      if not refused(taken_back) and not refused(redis.pcall('HSET', bucket, client, proposed)) then new = 1 end
    end
  end
  if new == 1 and not kept(client) then
    if taken_back then
      redis.call('HSET', bucket, client, taken_back)
    else
      redis.call('HDEL', bucket, client)
    end
    outcomes[#outcomes + 1] = unanswered_call()
  elseif new == 1 then
    add(cell, frozen)
    if not taken_back then
      added = added + 1
    else
      local left = cell_of_link(taken_back)
      if left and add_count(tallies, left, -1) == 0 then redis.call('HDEL', tallies, left) end
    end
    outcomes[#outcomes + 1] = 'r' .. string.sub(cell, 1, 1)
  elseif type(record) == 'table' or (failed and not record) then
    outcomes[#outcomes + 1] = unanswered_call()
  else
    outcomes[#outcomes + 1] = record and existing(owner == client and 'e' or 'l', record) or 's\0'
  end
end

for field, clients in pairs(fields) do add_count(tallies, field, clients) end
for field, sums in pairs(moments) do put_sums(tallies, field, sums[1], sums[2]) end
if next(fields) then add_count(tallies, 'changes', 1) end
if added > 0 then grow(records, n, added) end
if ids_added > 0 then
  redis.call('HSET', records, 'ids', 1)
  grow(ids, ids_n, ids_added)
end

return answer_of(outcomes)
