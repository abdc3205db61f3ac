--[[
Puts client records, or ids, of a life that is not live yet. Needs records.lua in front.

KEYS[1]  records, or ids
ARGV     client (8 bytes) and record or id, and so on in pairs

Output   how many are new, or the reason for which Redis refused, as in participate.lua. What was put then is counted, and
         the loader puts all of them again.

Tallies are not counted: the loader brings them.
]]
local n = bucket_count(KEYS[1])
local low = power_below(n)
local added = 0
for i = 1, #ARGV, 2 do
  local new = redis.pcall('HSET', bucket_of(KEYS[1], n, low, ARGV[i]), ARGV[i], ARGV[i + 1])
  if refused(new) then break end
  added = added + new
end
if added > 0 then grow(KEYS[1], n, added) end
if refusal then return redis.error_reply(refusal) end
return added
