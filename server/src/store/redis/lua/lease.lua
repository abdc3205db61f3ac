--[[
Gives a lease to one holder at a time; its holder renews it by asking again.

KEYS[1]  lease
ARGV     holder, how long it lasts (ms; 0 gives it up)

Output   1 if the asker holds it now, else 0
]]
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
  return 1
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
