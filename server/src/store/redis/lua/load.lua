--[[
Puts client records, or ids, of a life that is not live yet. Needs records.lua in front.

KEYS[1]  records, or ids
ARGV     client (8 bytes) and record or id, and so on in pairs

Output   how many are new, or the reason for which Redis refused, as in participate.lua. What was put then is counted,
         and the loader puts all of them again.

Tallies are not counted: the loader brings them.
]]
local table_key = KEYS[1]

local n = bucket_count(table_key)
local low = power_below(n)
local added = 0
for i = 1, #ARGV, 2 do
  local client, value = ARGV[i], ARGV[i + 1]
  local new = redis.pcall('HSET', bucket_of(table_key, n, low, client), client, value)
  if refused(new) then break end
  added = added + new
end
if added > 0 then grow(table_key, n, added) end
if refusal then return redis.error_reply(refusal) end
return added
