--[[
Writes lives of one name, and which of them is live, if all of them are still as they were read. What may become of a
life is decided by store/lives.ts.

KEYS[1]  live
KEYS[2]  lives
KEYS[3…] definitions of the lives that are written
ARGV[1]  the live life as it was read, empty for none, and
ARGV[2]  the one that is live from now on, empty for none
ARGV[3…] for each life that is written: the life; state and version as they were read, empty where it is new; its next
         state, sinceMs, version, epoch and body (JSON)

Output   1, or 0 where something else is stored: nothing was written
]]
local FIELDS = 8

local live, lives = KEYS[1], KEYS[2]
local live_before, live_next = ARGV[1], ARGV[2]

if (redis.call('GET', live) or '') ~= live_before then return 0 end
for i = 3, #KEYS do
  local at = 3 + (i - 3) * FIELDS
  local known = redis.call('HMGET', KEYS[i], 'state', 'version')
  if (known[1] or '') ~= ARGV[at + 1] or (known[2] or '') ~= ARGV[at + 2] then return 0 end
end

for i = 3, #KEYS do
  local life, _, _, state, since_ms, version, epoch, body = unpack(ARGV, 3 + (i - 3) * FIELDS, 2 + (i - 2) * FIELDS)
  redis.call('SADD', lives, life)
  redis.call('HSET', KEYS[i], 'state', state, 'sinceMs', since_ms, 'version', version, 'epoch', epoch, 'body', body)
end
if live_next == '' then
  redis.call('DEL', live)
elseif live_next ~= live_before then
  redis.call('SET', live, live_next)
end
return 1
