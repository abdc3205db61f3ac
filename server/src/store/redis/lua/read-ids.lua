--[[
Reads the raw ids of clients. Writes nothing. Needs records.lua in front.

KEYS[1]  ids
ARGV[1]  clients, 8 bytes each

Output   an id per client, in order; nil where none is kept
]]
local ids_key, clients = KEYS[1], ARGV[1]

local n = bucket_count(ids_key)
local low = power_below(n)
local ids = {}

for at = 1, #clients, 8 do
  local client = string.sub(clients, at, at + 7)
  ids[#ids + 1] = redis.call('HGET', bucket_of(ids_key, n, low, client), client)
end

return ids
