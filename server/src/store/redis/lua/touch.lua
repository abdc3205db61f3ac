--[[
Marks an experiment as changed, for the processes that poll the index. A name that is not there is put in.

KEYS[1]  experiments
ARGV[1]  name

The member with the empty name holds the last sequence number, so that taking a name out never makes one come twice.
]]
local experiments, name = KEYS[1], ARGV[1]

local sequence = (tonumber(redis.call('ZSCORE', experiments, '') or 0)) + 1
redis.call('ZADD', experiments, sequence, '', sequence, name)
