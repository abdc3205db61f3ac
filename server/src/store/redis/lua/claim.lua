--[[
Marks a removed life as being swept, so that nobody can bring it back half gone. Its keys may be freed then, and the
entry last: whoever finds the mark after a crash goes on.

KEYS[1]  removed
ARGV     incarnation, latest moment of removal that is due (ms)

Output   1 if it may be swept, else 0
]]
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if not entry then return 0 end
local how, removed_at, rest = string.match(entry, '^(%S+) (%S+) (.*)$')
if how == 'sweeping' then return 1 end
if tonumber(removed_at) > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], 'sweeping ' .. removed_at .. ' ' .. rest)
return 1
