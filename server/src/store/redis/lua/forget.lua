--[[
Removes the record of a client of a life, live or moved aside, takes its share out of the tallies, and counts the version
up. Needs records.lua and forgetting.lua in front.

KEYS[1]  definition
KEYS[2]  removed
KEYS[3]  records
KEYS[4]  tallies
ARGV     incarnation and version that the caller knows, client (8 bytes), of the next definition: epoch, body (JSON); and ids

Output   'forgotten', 'unknown' where there is no record, or 'stale' where another definition is stored

Redis may refuse while a slot of a Cluster is moving: the buckets are read before anything is written, so it is all or
nothing.
]]
local version, aside = version_of(KEYS[1], KEYS[2], ARGV[1])
if version ~= ARGV[2] then return 'stale' end

local n = bucket_count(KEYS[3])
local bucket = bucket_of(KEYS[3], n, power_below(n), ARGV[3])
local record = redis.call('HGET', bucket, ARGV[3])
if not record then return 'unknown' end

local id_bucket = place_of_id(KEYS[3], ARGV[6], ARGV[3])
take_out(KEYS[3], KEYS[4], bucket, ARGV[3], record)
take_out_id(ARGV[6], id_bucket, ARGV[3])
count_up(KEYS[1], KEYS[2], ARGV[1], version, aside, ARGV[4], ARGV[5])
return 'forgotten'
