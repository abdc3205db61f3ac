--[[
How the definition that a caller knows stands to the one in force. Put in front of scripts that record.

Shard 0 of an experiment lies in the slot of its definition, which is asked itself. Any other shard has a gate in its place,
a hash with the same fields: the newest version that a change or a caller has brought. A caller that knows a newer one has
read it where the definition lies, so it moves the gate on; one that knows an older one is behind. A gate is never moved
back. A life that was ended has '-' for an incarnation, until it comes back with a version above.

The epoch of a record is that of the version on which it was decided, so it is the caller's, and never that of another.
]]

-- Whether the life goes on, whether the version is the one in force, and its epoch.
-- epoch  of the caller's version, where KEYS[1] is a gate; nil where it is the definition
local function standing(key, incarnation, version, epoch)
  local known = redis.call('HMGET', key, 'incarnation', 'version', 'epoch')
  if epoch and tonumber(known[2] or 0) < tonumber(version) then
    redis.call('HSET', key, 'incarnation', incarnation, 'version', version, 'epoch', epoch)
    return true, true, epoch
  end
  local goes_on = known[1] == incarnation
  return goes_on, goes_on and known[2] == version, epoch or known[3]
end
