--[[
The whole record of a client. Writes nothing. Needs records.lua in front.

KEYS[1]  records
ARGV[1]  client (8 bytes)

Output   the record, nil where there is none
]]
local records, client = KEYS[1], ARGV[1]

local n = bucket_count(records)
return redis.call('HGET', bucket_of(records, n, power_below(n), client), client)
