--[[
Writes the next definition if nobody was faster, and counts the version up.

KEYS[1]  definition
ARGV     incarnation and version on which the change was made, epoch, body (JSON)

Output   { 'changed' or 'conflict', the stored definition: incarnation, version, created, body }, or { 'missing' }
]]
local stored = redis.call('HMGET', KEYS[1], 'incarnation', 'version')
if not stored[1] then return { 'missing' } end
local kind = 'conflict'
if stored[1] == ARGV[1] and stored[2] == ARGV[2] then
  kind = 'changed'
  redis.call('HSET', KEYS[1], 'version', tonumber(stored[2]) + 1, 'epoch', ARGV[3], 'body', ARGV[4])
end
return { kind, redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'created', 'body') }
