--[[
Puts client records of a life that is not live yet. Needs records.lua in front.

KEYS[1]  records
ARGV     client (8 bytes) and record, and so on in pairs

Tallies are not counted: the loader brings them.
]]
local n = bucket_count(KEYS[1])
local low = power_below(n)
local added = 0
for i = 1, #ARGV, 2 do
  added = added + redis.call('HSET', bucket_of(KEYS[1], n, low, ARGV[i]), ARGV[i], ARGV[i + 1])
end
if added > 0 then grow(KEYS[1], n, added) end
return added
