--[[
Counts the version of a life up, live or moved aside, because a client of another shard than 0 is being forgotten: its record
goes after it, see forget-record.lua. Needs records.lua and forgetting.lua in front.

KEYS[1]  definition
KEYS[2]  removed
ARGV     incarnation and version that the caller knows, whether there is a record (1 or 0), and of the next definition:
         epoch, body (JSON)

Output   'forgotten', 'unknown' where there is no record, or 'stale' where another definition is stored
]]
local version, aside = version_of(KEYS[1], KEYS[2], ARGV[1])
if version ~= ARGV[2] then return 'stale' end
if ARGV[3] ~= '1' then return 'unknown' end
count_up(KEYS[1], KEYS[2], ARGV[1], version, aside, ARGV[4], ARGV[5])
return 'forgotten'
