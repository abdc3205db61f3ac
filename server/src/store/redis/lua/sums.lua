--[[
Sums that lose nothing: lib/exact-sum.ts in Lua, with the same parts for the same sum. Put in front of every script that
adds to sums of tallies.

A sum is a table of doubles: the nearest to it, the nearest to what that leaves out, and so on. In a field of the
tallies it is their text with 17 digits each and spaces in between; a sum that is a double is one number.
]]

-- What the sum of two numbers, as a double, leaves out.
local function lost_by(one, other, sum)
  local added = sum - one
  return one - (sum - added) + (other - added)
end

-- Adds a number to parts, which come from the smallest on; so do those that are returned.
local function grown(parts, number)
  local sums, carried = {}, number
  for _, part in ipairs(parts) do
    local sum = carried + part
    local lost = lost_by(carried, part, sum)
    if lost ~= 0 then sums[#sums + 1] = lost end
    carried = sum
  end
  if carried ~= 0 then sums[#sums + 1] = carried end
  return sums
end

-- The double nearest to the sum of such parts.
local function nearest_to(parts)
  local at = #parts
  local nearest, lost = parts[at], 0
  while at > 1 and lost == 0 do
    at = at - 1
    local before = nearest
    nearest = before + parts[at]
    lost = parts[at] - (nearest - before)
  end
  -- Halfway between two doubles, what is below decides.
  local below = parts[at - 1] or 0
  local next_one = nearest + 2 * lost
  if lost * below > 0 and next_one - nearest == 2 * lost then return next_one end
  return nearest
end

local function part_anew(sum, number)
  local parts = {}
  for at = #sum, 1, -1 do parts[#parts + 1] = table.remove(sum, at) end
  local left = grown(parts, number)
  while #left > 0 do
    local part = nearest_to(left)
    sum[#sum + 1] = part
    -- No sum of values: what was kept is damaged, and whoever reads it says so.
    if part - part ~= 0 then return end
    left = grown(left, -part)
  end
  if #sum == 0 then sum[1] = 0 end
end

-- Adds a number to a sum.
local function add_to(sum, number)
  local nearest, low = sum[1], sum[2]
  local top = nearest + number
  local added = top - nearest
  local lost = nearest - (top - added) + (number - added)
  if not low then
    sum[1] = top
    if lost ~= 0 then sum[2] = lost end
    return
  end
  local lower = low + lost
  if sum[3] or lost_by(low, lost, lower) ~= 0 then return part_anew(sum, number) end
  local whole = top + lower
  local left = lost_by(top, lower, whole)
  sum[1], sum[2] = whole, left ~= 0 and left or nil
end

-- Adds the difference of two numbers to a sum.
local function add_difference(sum, one, other)
  if one == other then return end
  if other == 0 then return add_to(sum, one) end
  local difference = one - other
  add_to(sum, difference)
  local lost = lost_by(one, -other, difference)
  if lost ~= 0 then add_to(sum, lost) end
end

-- Adds to a count, and returns what it is then. A damaged one, which is no whole number, stays as it is: whoever reads
-- the tally is told, and an error here would leave uncounted what is written already.
local function add_count(tallies, field, number)
  local count = redis.pcall('HINCRBY', tallies, field, number)
  return type(count) == 'number' and count or nil
end

-- The sum that a field holds; 0 where there is none.
local function sum_in(text)
  local number = tonumber(text or 0)
  if number then return { number } end
  local sum = {}
  -- What is no number was damaged, and whoever reads the tally says so; an error here would leave records uncounted.
  for part in string.gmatch(text, '%S+') do sum[#sum + 1] = tonumber(part) or 0 / 0 end
  return sum[1] and sum or { 0 / 0 }
end

local function sum_text(sum)
  if not sum[2] then return string.format('%.17g', sum[1]) end
  local parts = {}
  for at, part in ipairs(sum) do parts[at] = string.format('%.17g', part) end
  return table.concat(parts, ' ')
end

-- Sum and squares of a cell.
local function sums_of(tallies, cell)
  local stored = redis.call('HMGET', tallies, cell .. ':s', cell .. ':q')
  return sum_in(stored[1]), sum_in(stored[2])
end

local function put_sums(tallies, cell, sum, squares)
  redis.call('HSET', tallies, cell .. ':s', sum_text(sum), cell .. ':q', sum_text(squares))
end
