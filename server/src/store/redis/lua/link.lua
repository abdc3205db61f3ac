--[[
Writes what becomes of linked ids, and what that changes in the tallies, if nothing was changed since it was decided.
Needs sums.lua and records.lua in front.

KEYS[1]  definition of the life
KEYS[2]  records
KEYS[3]  tallies
ARGV[1]  ids
ARGV[2]  version that the caller knows: by another one, totals may have other caps
ARGV[3]  how many clients are looked at, none where only the state is asked, and for each of them
         client (8 bytes), what has to lie under it, what is to lie there, and an id to be kept; empty texts for none
ARGV[…]  what is added to the tallies: field and number or sum (sums.lua), and so on in pairs

Output   'linked', 'changed' where something else lies there by now, 'stale' where another version is stored, or the
         life is not live, or 'recap' where totals are being counted by new caps, which has to be finished first

Redis may refuse while a slot of a Cluster is moving: every bucket is read before anything is written, so it is all or
nothing.
]]
local definition, records, tallies = KEYS[1], KEYS[2], KEYS[3]
local ids, known_version, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
local FIRST, FIELDS = 4, 4

local state, version = unpack(redis.call('HMGET', definition, 'state', 'version'))
if state ~= 'live' or version ~= known_version then return 'stale' end
if recapped(records) then return 'recap' end

local n = bucket_count(records)
local low = power_below(n)
local ids_n = bucket_count(ids)
local ids_low = power_below(ids_n)

for i = 0, count - 1 do
  local client, expected, _, id = unpack(ARGV, FIRST + i * FIELDS, FIRST + i * FIELDS + 3)
  local found = redis.pcall('HGET', bucket_of(records, n, low, client), client)
  if refused(found) then return redis.error_reply(refusal) end
  if (found or '') ~= expected then return 'changed' end
  if id ~= '' and refused(redis.pcall('HEXISTS', bucket_of(ids, ids_n, ids_low, client), client)) then
    return redis.error_reply(refusal)
  end
end

local added, ids_added = 0, 0
for i = 0, count - 1 do
  local client, _, record, id = unpack(ARGV, FIRST + i * FIELDS, FIRST + i * FIELDS + 3)
  if record ~= '' then added = added + redis.call('HSET', bucket_of(records, n, low, client), client, record) end
  if id ~= '' then ids_added = ids_added + redis.call('HSET', bucket_of(ids, ids_n, ids_low, client), client, id) end
end
if added > 0 then grow(records, n, added) end
if ids_added > 0 then
  redis.call('HSET', records, 'ids', 1)
  grow(ids, ids_n, ids_added)
end

-- Counts are whole numbers, and gone when they come to nothing; sums and squares stay.
for at = FIRST + count * FIELDS, #ARGV, 2 do
  local field, number = ARGV[at], ARGV[at + 1]
  local kind = string.sub(field, -2)
  if kind == ':s' or kind == ':q' then
    local sum = sum_in(redis.call('HGET', tallies, field))
    for _, part in ipairs(sum_in(number)) do add_to(sum, part) end
    redis.call('HSET', tallies, field, sum_text(sum))
  elseif add_count(tallies, field, number) == 0 then
    redis.call('HDEL', tallies, field)
  end
end
if FIRST + count * FIELDS < #ARGV then add_count(tallies, 'changes', 1) end
return 'linked'
