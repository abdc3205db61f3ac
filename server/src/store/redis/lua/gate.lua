--[[
Moves the gate of a shard on to a version, or closes it: a life that ends there, or that is to be spread anew.

KEYS[1]  gate
KEYS[2]  records of the shard; given where it may be done only while nobody is in them
ARGV     incarnation, or - to close; version, epoch

Output   0 where somebody is in the records, else 1, also where the gate is further on already
]]
if KEYS[2] and tonumber(redis.call('HGET', KEYS[2], 'entries') or 0) > 0 then return 0 end
local known, version = tonumber(redis.call('HGET', KEYS[1], 'version') or 0), tonumber(ARGV[2])
if version > known or (version == known and ARGV[1] == '-') then
  redis.call('HSET', KEYS[1], 'incarnation', ARGV[1], 'version', ARGV[2], 'epoch', ARGV[3])
end
return 1
