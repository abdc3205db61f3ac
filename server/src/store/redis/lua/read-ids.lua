--[[
Reads the raw ids of clients. Writes nothing. Needs records.lua in front.

KEYS[1]  ids
ARGV[1]  clients, 8 bytes each

Output   an id per client, in order; nil where none is kept
]]
local n = bucket_count(KEYS[1])
local low = power_below(n)
local ids = {}

for at = 1, #ARGV[1], 8 do
  local client = string.sub(ARGV[1], at, at + 7)
  ids[#ids + 1] = redis.call('HGET', bucket_of(KEYS[1], n, low, client), client)
end

return ids
