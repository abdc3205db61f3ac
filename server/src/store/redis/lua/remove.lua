--[[
Moves a life aside if nobody changed it meanwhile, and starts its successor in the same step if there is one.

KEYS[1]  definition
KEYS[2]  removed
ARGV     incarnation and version on which that was decided, removed at (ms), how (reset or deleted),
         and for a successor: incarnation, created (ms), epoch, body (JSON)

Output   { 'missing' }, { 'conflict' } for another version, or { 'removed', the successor or nil: incarnation, version,
         created, body }
]]
local stored = redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'created', 'epoch', 'body')
if stored[1] ~= ARGV[1] then return { 'missing' } end
if stored[2] ~= ARGV[2] then return { 'conflict' } end
local entry = { ARGV[4], ARGV[3], stored[2], stored[3], stored[4], stored[5] }
redis.call('HSET', KEYS[2], stored[1], table.concat(entry, ' '))
if not ARGV[5] then
  redis.call('DEL', KEYS[1])
  return { 'removed' }
end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[5], 'version', tonumber(stored[2]) + 1, 'created', ARGV[6],
  'epoch', ARGV[7], 'body', ARGV[8])
return { 'removed', redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'created', 'body') }
