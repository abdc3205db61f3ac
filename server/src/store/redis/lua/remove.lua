--[[
Moves a life aside, and starts its successor in the same step if there is one.

KEYS[1]  definition
KEYS[2]  removed
ARGV     incarnation, removed at (ms), how (reset or deleted),
         and for a successor: incarnation, created (ms), epoch, body (JSON)

Output   { 'missing' }, or { 'removed', the definition that went, the successor or nil }; definitions are incarnation,
         version, created, body
]]
local stored = redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'created', 'epoch', 'body')
if stored[1] ~= ARGV[1] then return { 'missing' } end
local removed = { stored[1], stored[2], stored[3], stored[5] }
local entry = { ARGV[3], ARGV[2], stored[2], stored[3], stored[4], stored[5] }
redis.call('HSET', KEYS[2], stored[1], table.concat(entry, ' '))
if not ARGV[4] then
  redis.call('DEL', KEYS[1])
  return { 'removed', removed }
end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[4], 'version', tonumber(stored[2]) + 1, 'created', ARGV[5],
  'epoch', ARGV[6], 'body', ARGV[7])
return { 'removed', removed, redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'created', 'body') }
