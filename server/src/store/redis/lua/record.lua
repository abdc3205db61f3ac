--[[
The whole record that counts for a client, its own or that of its link. Writes nothing. Needs records.lua in front.

KEYS[1]  definition of the life
KEYS[2]  records
ARGV[1]  what is known of epochs and alternatives, see known_in in records.lua
ARGV[2]  client (8 bytes)

Output   { what lies under the client, the record, client whose it is }; empty texts where there is none,
         a record that is empty but somebody's makes no sense
]]
local definition, records, client = KEYS[1], KEYS[2], ARGV[2]
local known = known_in(ARGV[1], redis.call('HGET', definition, 'epoch'))

local n = bucket_count(records)
local low = power_below(n)
local own = redis.pcall('HGET', bucket_of(records, n, low, client), client)
if refused(own) then return redis.error_reply(refusal) end
local record, owner = record_of(records, n, low, client, known)
if type(record) == 'table' then return redis.error_reply(refusal) end
return { own or '', record or '', record and owner or '' }
