--[[
Writes a note if what is there is what its writer saw.

KEYS[1]  notes of a family
ARGV[1]  name
ARGV[2]  1 if there was a note, and
ARGV[3]  what it said
ARGV[4]  1 if there is to be one, else it is taken out, and
ARGV[5]  what it is to say

Output   1 if it was written, else 0
]]
local notes, name = KEYS[1], ARGV[1]
local before = ARGV[2] == '1' and ARGV[3] or false

if redis.call('HGET', notes, name) ~= before then return 0 end
if ARGV[4] == '1' then
  redis.call('HSET', notes, name, ARGV[5])
else
  redis.call('HDEL', notes, name)
end
return 1
