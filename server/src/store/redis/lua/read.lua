--[[
Reads the live life of a name.

KEYS[1]  live

Output   { life, state, sinceMs, version, body }, or nothing in it

The key of the definition is computed here; it carries the same hash tag, so it lies in the same slot.
]]
local live = KEYS[1]

local life = redis.call('GET', live)
if not life then return {} end
local definition = string.gsub(live, 'live$', life .. ':definition')
return { life, unpack(redis.call('HMGET', definition, 'state', 'sinceMs', 'version', 'body')) }
