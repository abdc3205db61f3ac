--[[
Stores a definition in which KPIs have other caps, takes what was counted by the earlier ones away, and begins a pass
over the records that counts anew: recap.lua goes on with it. Needs records.lua in front.

KEYS[1]  definition of the life
KEYS[2]  records
KEYS[3]  tallies
ARGV[1]  version on which the next definition was made; its
ARGV[2]  version,
ARGV[3]  epoch,
ARGV[4]  body (JSON) and
ARGV[5]  rules of KPIs, see rules_in in records.lua

Output   1, or 0 where another version is stored, or the life is not live: nothing was written
]]
local definition, records, tallies = KEYS[1], KEYS[2], KEYS[3]
local known_version, next_version, next_epoch, next_body, rules = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local state, version = unpack(redis.call('HMGET', definition, 'state', 'version'))
if state ~= 'live' or version ~= known_version then return 0 end

local old = {}
for _, field in ipairs(redis.call('HKEYS', tallies)) do
  local metric = tonumber(string.match(field, '^%d+:%d+:%w*:(%d+):') or 0)
  if metric >= CAPPED then old[#old + 1] = field end
end
for i = 1, #old, FIELDS_MAX do
  redis.call('HDEL', tallies, unpack(old, i, math.min(i + FIELDS_MAX - 1, #old)))
end

redis.call('HDEL', records, 'recapped', 'caps')
for _, rule in pairs(rules_in(rules)) do
  if rule.cap then redis.call('HSET', records, 'recapped', 0, 'caps', rules) end
end
redis.call('HINCRBY', tallies, 'changes', 1)
redis.call('HSET', definition, 'version', next_version, 'epoch', next_epoch, 'body', next_body)
return 1
