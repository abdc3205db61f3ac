--[[
Stores a new definition unless there is one: first writer wins.

KEYS[1]  definition
ARGV     incarnation, created (ms), epoch, body (JSON)

Output   the stored definition: incarnation, version, created, body
]]
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'incarnation', ARGV[1], 'version', 1, 'created', ARGV[2], 'epoch', ARGV[3],
    'body', ARGV[4])
end
return redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'created', 'body')
