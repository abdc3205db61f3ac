--[[
Removes the record of a client in another shard than 0 and takes its share out of the tallies of that shard. Needs
records.lua and forgetting.lua in front.

KEYS[1]  records
KEYS[2]  tallies
ARGV[1]  client (8 bytes)
ARGV[2]  ids

Output   1 if there was a record, else 0
]]
local n = bucket_count(KEYS[1])
local bucket = bucket_of(KEYS[1], n, power_below(n), ARGV[1])
local record = redis.call('HGET', bucket, ARGV[1])
if not record then return 0 end
local id_bucket = place_of_id(KEYS[1], ARGV[2], ARGV[1])
take_out(KEYS[1], KEYS[2], bucket, ARGV[1], record)
take_out_id(ARGV[2], id_bucket, ARGV[1])
return 1
