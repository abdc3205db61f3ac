--[[
Goes on with the pass that counts totals by new caps: a number of buckets, in their order. Needs sums.lua and
records.lua in front.

KEYS[1]  definition of the life
KEYS[2]  records
KEYS[3]  tallies
ARGV[1]  most buckets of this call
ARGV[2]  what is known of epochs and alternatives, see known_in in records.lua

Output   1 while there is more to do, or 0

While a pass is under way, conversions of clients in buckets behind it count by the new caps at once (convert.lua);
those of all others are counted when their bucket's turn comes. So no bucket is split meanwhile (`grow`), and clients
are forgotten and linked afterwards.
]]
local definition, records, tallies = KEYS[1], KEYS[2], KEYS[3]
local done = recapped(records)
if not done then return 0 end
local n = bucket_count(records)
local last = math.min(done + tonumber(ARGV[1]), n) - 1
local rules = rules_in(redis.call('HGET', records, 'caps'))
local known = known_in(ARGV[2], redis.call('HGET', definition, 'epoch'))

local cells = {}

local function add(name, clients, sum, squares)
  local cell = cells[name]
  if not cell then
    cell = { clients = 0 }
    cells[name], cell.sum, cell.squares = cell, sums_of(tallies, name)
  end
  cell.clients = cell.clients + clients
  add_to(cell.sum, sum)
  add_to(cell.squares, squares)
end

local function count(record)
  local joined = string.sub(record, 2, 3)
  local code, _, epoch, at, frozen = read_record(record)
  while at <= #record do
    local kpi, day, events, total, after = read_conversion(record, at)
    local rule = rules[kpi] or NO_RULES
    at = after
    if rule.cap and (total ~= 0 or rule.of_events) then
      local above, amount = capped_by(rule, total, events)
      local place, metric = epoch .. ':' .. code .. ':', ':' .. (CAPPED + kpi)
      for _, subset in ipairs(subsets_of(joined, day, frozen)) do
        add(place .. subset .. metric, above, amount, amount * amount)
      end
      local covariate = frozen.covariate
      if covariate then add(place .. PRODUCT .. metric, 0, covariate * above, covariate * amount) end
    end
  end
end

for bucket = done, last do
  local stored = redis.pcall('HVALS', records .. ':' .. bucket)
  if refused(stored) then return redis.error_reply(refusal) end
  for _, record in ipairs(stored) do
    -- A link is none, and nothing was counted for a record that makes no sense.
    if is_sound(record) and is_known(record, known) then count(record) end
  end
end

for name, cell in pairs(cells) do
  if cell.clients ~= 0 then add_count(tallies, name .. ':c', cell.clients) end
  put_sums(tallies, name, cell.sum, cell.squares)
end
add_count(tallies, 'changes', 1)
if last + 1 >= n then
  redis.call('HDEL', records, 'recapped', 'caps')
  return 0
end
redis.call('HSET', records, 'recapped', last + 1)
return 1
