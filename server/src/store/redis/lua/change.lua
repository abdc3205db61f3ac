--[[
Writes the next definition if nobody was faster, and counts the version up.

KEYS[1]  definition
KEYS[2]  records of shard 0, and
KEYS[3]  its tallies; given where nobody may be in them, because they are to be spread anew
ARGV     incarnation and version on which the change was made, epoch, body (JSON), version above which to count

Output   { 'changed', 'conflict' or 'occupied', the stored definition: incarnation, version, created, body }, or { 'missing' }
]]
local stored = redis.call('HMGET', KEYS[1], 'incarnation', 'version')
if not stored[1] then return { 'missing' } end
local kind = 'conflict'
if stored[1] == ARGV[1] and stored[2] == ARGV[2] then
  if KEYS[2] and tonumber(redis.call('HGET', KEYS[2], 'entries') or 0) > 0 then
    kind = 'occupied'
  else
    kind = 'changed'
    local version = math.max(tonumber(stored[2]), tonumber(ARGV[5])) + 1
    if KEYS[3] then
      -- Without records they add up to nothing; what forgotten clients left on single days goes. The count only grows.
      local changes = redis.call('HGET', KEYS[3], 'changes')
      redis.call('DEL', KEYS[3])
      if changes then redis.call('HSET', KEYS[3], 'changes', changes + 1) end
    end
    redis.call('HSET', KEYS[1], 'version', version, 'epoch', ARGV[3], 'body', ARGV[4])
  end
end
return { kind, redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'created', 'body') }
