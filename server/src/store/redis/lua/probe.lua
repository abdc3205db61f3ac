--[[
A write that changes nothing: Redis refuses it whenever it refuses others, by scripts as all of them are.

KEYS[1]  probe, which is never there

Output   nil
]]
return redis.call('SET', KEYS[1], '', 'XX')
