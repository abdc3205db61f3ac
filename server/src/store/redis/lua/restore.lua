--[[
Makes a life that was moved aside the live one; the life that is stored by then is moved aside in its turn.

KEYS[1]  definition
KEYS[2]  removed
ARGV     incarnation to bring back, now (ms), and one of
         restore  brings a removed life back
         publish  makes a staged life live unless the name is taken
         replace  makes a staged life live whatever is stored

Output   { 'missing' } when there is nothing to bring back; { 'taken', the stored definition }; or { 'restored', the
         definition }; definitions are incarnation, version, created, body

An entry of `removed` is text: how, removed at, version, created, epoch, body, with blanks between. A life that is being
swept has the word `sweeping` for how; it can't come back.
]]
local how, _, version, created, epoch, body =
  string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '', '^(%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
local staged = ARGV[3] ~= 'restore'
if not how or how == 'sweeping' or (how == 'staged') ~= staged then return { 'missing' } end

local present = redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'created', 'epoch', 'body')
if present[1] and ARGV[3] == 'publish' then
  return { 'taken', redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'created', 'body') }
end
version = tonumber(version)
if present[1] then
  local entry = { 'reset', ARGV[2], present[2], present[3], present[4], present[5] }
  redis.call('HSET', KEYS[2], present[1], table.concat(entry, ' '))
  version = math.max(version, tonumber(present[2]))
end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1], 'version', version + 1, 'created', created, 'epoch', epoch,
  'body', body)
redis.call('HDEL', KEYS[2], ARGV[1])
return { 'restored', redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'created', 'body') }
