--[[
Gives a lease to one holder at a time; its holder renews it by asking again.

KEYS[1]  lease
ARGV[1]  holder
ARGV[2]  how long it lasts (ms; 0 gives it up)

Output   1 if the asker holds it now, else 0
]]
local lease = KEYS[1]
local asker, lasts_ms = ARGV[1], ARGV[2]

local holder = redis.call('GET', lease)
if holder and holder ~= asker then return 0 end
if lasts_ms == '0' then
  redis.call('DEL', lease)
  return 1
end
redis.call('SET', lease, asker, 'PX', lasts_ms)
return 1
