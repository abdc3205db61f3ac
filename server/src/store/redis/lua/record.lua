--[[
The whole record that counts for a client, its own or that of its link. Writes nothing. Needs records.lua in front.

KEYS[1]  records
ARGV[1]  client (8 bytes)

Output   { record, client whose it is }, or nothing in it
]]
local records, client = KEYS[1], ARGV[1]

local n = bucket_count(records)
local record, owner = record_of(records, n, power_below(n), client)
if type(record) == 'table' then return redis.error_reply(refusal) end
return record and { record, owner } or {}
