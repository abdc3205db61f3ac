--[[
Reads the marks of tallies, of any number of lives; a Cluster refuses those of several slots. Writes nothing.

KEYS[1…]  tallies

Output    the mark of each, in order: nil where there is none, empty where Redis refused to read it
]]
local marks = {}
for i = 1, #KEYS do
  local changes = redis.pcall('HGET', KEYS[i], 'changes')
  marks[i] = type(changes) == 'table' and '' or changes
end
return marks
