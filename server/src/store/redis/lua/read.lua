--[[
Reads the live life of a name.

KEYS[1]  live

Output   { life, state, sinceMs, version, body }, or nothing in it

The key of the definition is computed here; it carries the same hash tag, so it lies in the same slot.
]]
local life = redis.call('GET', KEYS[1])
if not life then return {} end
local definition = string.gsub(KEYS[1], 'live$', life .. ':definition')
return { life, unpack(redis.call('HMGET', definition, 'state', 'sinceMs', 'version', 'body')) }
