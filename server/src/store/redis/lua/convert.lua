--[[
Records conversions of participants, and counts them in the tallies of the epoch in which the client joined; a whole
batch of one experiment at once. Needs sums.lua and records.lua in front.

KEYS[1]  definition of the life
KEYS[2]  records
KEYS[3]  tallies
ARGV[1]  version that the caller knows
ARGV[2]  how long the id of an event is remembered (ms)
ARGV[3]  what comes before the id of an event in its key
ARGV[4]  rules of KPIs, see rules_in in records.lua
ARGV[5]  what is known of epochs and alternatives, see known_in
ARGV[6]  calls, 27 bytes each: client 8 bytes, KPI u8, day u16, value double, id of the event 8 bytes (zeros: none)

Output   2 bytes per call, in order: what happened and the assignment
         c = converted, r = repeated, d = duplicate event, l = too late, x = not participating (0), s = stale (0),
         b = its record makes no sense (0): nothing was written for that call,
         u = refused by Redis (0): the same; or Redis's reason where every call was refused

Redis may refuse in the middle: while a slot of a Cluster is moving, a bucket or an event may be on the other node
already. What can be refused comes first in each call; an error after that would leave records and tallies apart.

What is added to sums is the difference that the event makes to what the client's record counts for.
]]
local CALL_BYTES = 27
local NO_EVENT = string.rep('\0', 8)

local definition, records, tallies = KEYS[1], KEYS[2], KEYS[3]
local known_version, remembered_ms, events_key, calls = ARGV[1], ARGV[2], ARGV[3], ARGV[6]

local state, version, epoch = unpack(redis.call('HMGET', definition, 'state', 'version', 'epoch'))
if state ~= 'live' or version ~= known_version then return string.rep('s\0', #calls / CALL_BYTES) end
local rules, known = rules_in(ARGV[4]), known_in(ARGV[5], epoch)

local n = bucket_count(records)
local low = power_below(n)
local outcomes, cells = {}, {}
local behind = next(rules) and recapped(records) or math.huge

-- The conversion of a KPI: where it starts and ends in the record, its day, events and total; or nil.
local function find(record, at, kpi)
  while at <= #record do
    local of, day, events, total, after = read_conversion(record, at)
    if of == kpi then return at, after, day, events, total end
    at = after
  end
end

local function conversion(kpi, day, events, total)
  local head = string.char(kpi) .. day
  if total == 0 then return head .. varint(2 * events) end
  return head .. varint(2 * events + 1) .. struct.pack('>d', total)
end

-- What an event adds to a cell: the sum and squares that its client counts for change from the earlier numbers.
local function add(name, clients, events, old_sum, sum, old_squares, squares)
  local cell = cells[name]
  if not cell then
    cell = { clients = 0, events = 0, valued = false }
    cells[name] = cell
  end
  cell.clients = cell.clients + clients
  cell.events = cell.events + events
  if sum == old_sum and squares == old_squares then return end
  if not cell.valued then
    cell.valued, cell.sum, cell.squares = true, sums_of(tallies, name)
  end
  add_difference(cell.sum, sum, old_sum)
  add_difference(cell.squares, squares, old_squares)
end

local function convert(client, kpi, day, value, event)
  local record, owner, bucket = record_of(records, n, low, client, known)
  if type(record) == 'table' then return unanswered_call() end
  if not record then return 'x\0' end
  if not is_sound(record) then return UNREADABLE end
  -- What follows needs the epoch in front of it.
  if #record == 3 then record = record .. '\0' end
  local code, _, epoch, body, frozen = read_record(record)
  if code == EXCLUDED then return 'x\0' end
  local rule, joined = rules[kpi] or NO_RULES, string.sub(record, 2, 3)
  if rule.window and number_of(day) > number_of(joined) + rule.window then return 'l' .. string.char(code) end
  if event ~= NO_EVENT then
    local new = redis.pcall('SET', events_key .. event, '', 'NX', 'PX', remembered_ms)
    if not new then return 'd' .. string.char(code) end
    if refused(new) then return unanswered_call() end
  end
  local start, stop, first_day, events, total = find(record, body, kpi)
  if start then
    record = string.sub(record, 1, start - 1)
      .. conversion(kpi, first_day, events + 1, total + value) .. string.sub(record, stop)
  else
    record = record .. conversion(kpi, day, 1, value)
    total, events = 0, 0
  end
  local place, new = epoch .. ':' .. code .. ':', start and 0 or 1
  local next_total, next_events = total + value, events + 1
  local subsets, covariate = subsets_of(joined, day, frozen), frozen.covariate
  for _, subset in ipairs(subsets) do
    add(place .. subset .. ':' .. kpi, new, 1, total, next_total, total * total, next_total * next_total)
  end
  if covariate then
    add(place .. PRODUCT .. ':' .. kpi, 0, 0, 0, covariate * new, covariate * total, covariate * next_total)
  end
  if start then
    local repeated, squares = (events - 1) * total, (events - 1) * events
    add(place .. REPEATED .. ':' .. kpi, 0, 0, repeated, events * next_total, squares, events * next_events)
  end
  -- Whoever is not behind a pass that counts by new caps is counted when it comes.
  if rule.cap and number_of_bucket(n, low, owner) < behind then
    local was_above, was = capped_by(rule, total, events)
    local is_above, is = capped_by(rule, next_total, next_events)
    local metric = ':' .. (CAPPED + kpi)
    for _, subset in ipairs(subsets) do
      add(place .. subset .. metric, is_above - was_above, 0, was, is, was * was, is * is)
    end
    if covariate then
      local old_sum, old_squares = covariate * was_above, covariate * was
      add(place .. PRODUCT .. metric, 0, 0, old_sum, covariate * is_above, old_squares, covariate * is)
    end
  end
  redis.call('HSET', bucket, owner, record)
  return (start and 'r' or 'c') .. string.char(code)
end

for at = 1, #calls, CALL_BYTES do
  local client = string.sub(calls, at, at + 7)
  local value = struct.unpack('>d', calls, at + 11)
  local kpi, day = string.byte(calls, at + 8), string.sub(calls, at + 9, at + 10)
  local event = string.sub(calls, at + 19, at + 26)
  outcomes[#outcomes + 1] = convert(client, kpi, day, value, event)
end

for name, cell in pairs(cells) do
  if cell.clients ~= 0 then add_count(tallies, name .. ':c', cell.clients) end
  if cell.events > 0 then add_count(tallies, name .. ':e', cell.events) end
  if cell.valued then put_sums(tallies, name, cell.sum, cell.squares) end
end
if next(cells) then add_count(tallies, 'changes', 1) end

return answer_of(outcomes)
