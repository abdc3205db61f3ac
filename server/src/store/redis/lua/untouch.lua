--[[
Takes a name out of the index unless somebody touched it meanwhile.

KEYS[1]  experiments
ARGV[1]  name
ARGV[2]  sequence number that it had when nothing was stored under it

Output   1 if it is out, else 0
]]
local experiments, name, known_sequence = KEYS[1], ARGV[1], ARGV[2]

if tonumber(redis.call('ZSCORE', experiments, name) or -1) ~= tonumber(known_sequence) then return 0 end
return redis.call('ZREM', experiments, name)
