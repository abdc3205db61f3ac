--[[
Looks clients up; a whole batch of one experiment at once. Writes nothing. Needs records.lua in front.

KEYS[1]  definition of the life
KEYS[2]  records
ARGV[1]  what is known of epochs and alternatives, see known_in in records.lua
ARGV[2]  clients, 8 bytes each

Output   2 bytes per client, in order: e and the assignment, l and that by a link, x and 0 where there is none,
         b and 0 where its record makes no sense, or
         u and 0 where Redis refused to look; its reason where it refused all of them
]]
local definition, records, clients = KEYS[1], KEYS[2], ARGV[2]
local known = known_in(ARGV[1], redis.call('HGET', definition, 'epoch'))

local n = bucket_count(records)
local low = power_below(n)
local outcomes = {}

for at = 1, #clients, 8 do
  local client = string.sub(clients, at, at + 7)
  local record, owner = record_of(records, n, low, client, known)
  if type(record) == 'table' then
    outcomes[#outcomes + 1] = unanswered_call()
  else
    outcomes[#outcomes + 1] = record and existing(owner == client and 'e' or 'l', record) or 'x\0'
  end
end

return answer_of(outcomes)
