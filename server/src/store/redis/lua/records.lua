--[[
Where the records of one life of an experiment lie. Put in front of every script that reads or writes records.

Records lie in hashes ("buckets") small enough for Redis to keep them in its compact encoding, so the number of buckets
has to follow the number of clients. Linear hashing (Litwin 1980) lets it grow by one at a time: n buckets, low = the
largest power of two <= n, and a client with hash h lies in h mod 2*low, or in h mod low where that bucket isn't there
yet. A lookup touches one bucket. When there are more than BUCKET_ENTRIES clients per bucket, the next bucket in turn,
n - low, is split: its clients whose h mod 2*low is n move to the new bucket n.

  <records>      hash: buckets = n, entries = number of clients. Missing: one bucket, no entries.
                 ids = 1 once the raw id of any client was kept. recapped and caps only while totals are counted by
                 new caps: how many buckets that pass is through with, and rules of KPIs.
  <records>:<b>  hash, bucket b: client (8 bytes) = record or link, as store/record-codec.ts has them:
  record         assignment u8, day u16, epoch varint, extras, then per KPI: KPI u8, day u16, varint of
                 2*events + valued, and if valued the total as a double. Big-endian; varints 7 bits a byte, low bits
                 first. The epoch is left out where it is 0 and nothing follows.
  extras         nothing, or 255, what there is u8 (dimensions, + 8 with a covariate, + 16 in conflict, + 32 for each
                 link of the longest chain to it), a byte for each dimension, covariate as a float
  link           254, client 8 bytes, and what is known of a conflict

Raw ids lie in a table of the same kind beside the records, with buckets and entries of its own: <ids> and <ids>:<b>, a
client (8 bytes) = its id. Nothing is there, and no script looks, unless ids are kept.

Keys of buckets are computed here, not passed in KEYS; they carry the same hash tag, so they lie in the same slot. So do
ids: a script that named a key which isn't there could not run while a slot of a Cluster is moving.
]]

-- A bucket that waits longest for its split holds 2 * 32 clients on average, far below Redis's default of 512
-- (hash-max-listpack-entries), and above 128 with the odds of Poisson(64) > 128: 6e-13. A larger one works too,
-- and takes three times the memory. With 24 the buckets' keys would cost 1 byte a client more.
local BUCKET_ENTRIES = 32

-- Most splits in one call: eight times what 256 new clients need. It only bounds the work after a change of
-- BUCKET_ENTRIES.
local SPLITS_MAX = 64

-- Most fields of one command: `unpack` has to fit Lua's stack.
local FIELDS_MAX = 1000

local function power_below(n)
  local low = 1
  while low * 2 <= n do low = low * 2 end
  return low
end

-- Last 4 of the client's 8 bytes; they come from a SHA-1, any of them would do.
local function hash_of(client)
  local a, b, c, d = string.byte(client, 5, 8)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

local function number_of_bucket(n, low, client)
  local b = hash_of(client) % (2 * low)
  if b >= n then return b - low end
  return b
end

local function bucket_of(records, n, low, client)
  return records .. ':' .. number_of_bucket(n, low, client)
end

local function bucket_count(records)
  return tonumber(redis.call('HGET', records, 'buckets') or 1)
end

-- How many buckets a pass that counts totals by new caps is through with; nil where there is none under way.
local function recapped(records)
  return tonumber(redis.call('HGET', records, 'recapped') or nil)
end

-- Why the first protected call that was refused was, and how many calls of the batch could not be answered for it.
local refusal, unanswered = nil, 0

-- Whether a protected call was refused.
local function refused(answer)
  if type(answer) ~= 'table' or not answer.err then return false end
  refusal = refusal or answer.err
  return true
end

-- The outcome of a call that could not be answered.
local function unanswered_call()
  unanswered = unanswered + 1
  return 'u\0'
end

-- The answer to a batch; where nothing could be answered, the reason.
local function answer_of(outcomes)
  if #outcomes > 0 and unanswered == #outcomes then return redis.error_reply(refusal) end
  return table.concat(outcomes)
end

-- Splits the bucket whose turn it is, and returns the new number of buckets; the old one when a bucket is out of reach,
-- as while a slot of a Cluster is moving.
local function split(records, n)
  local low = power_below(n)
  local from, to = records .. ':' .. (n - low), records .. ':' .. n
  local all = redis.pcall('HGETALL', from)
  if refused(all) then return n end
  local moved, fields = {}, {}
  for i = 1, #all, 2 do
    if hash_of(all[i]) % (2 * low) == n then
      moved[#moved + 1] = all[i]
      moved[#moved + 1] = all[i + 1]
      fields[#fields + 1] = all[i]
    end
  end
  for i = 1, #moved, FIELDS_MAX do
    -- Refused the first time or never: nothing has moved then.
    if refused(redis.pcall('HSET', to, unpack(moved, i, math.min(i + FIELDS_MAX - 1, #moved)))) then return n end
  end
  for i = 1, #fields, FIELDS_MAX do
    redis.call('HDEL', from, unpack(fields, i, math.min(i + FIELDS_MAX - 1, #fields)))
  end
  return n + 1
end

local function grow(records, n, added)
  local entries = redis.call('HINCRBY', records, 'entries', added)
  local grown = n
  -- No record moves behind a pass, or from behind it.
  if entries > BUCKET_ENTRIES * grown and recapped(records) then return end
  while entries > BUCKET_ENTRIES * grown and grown - n < SPLITS_MAX do
    local more = split(records, grown)
    if more == grown then break end
    grown = more
  end
  if grown > n then redis.call('HSET', records, 'buckets', grown) end
end

local function varint(number)
  local bytes = ''
  while number >= 128 do
    bytes = bytes .. string.char(number % 128 + 128)
    number = math.floor(number / 128)
  end
  return bytes .. string.char(number)
end

-- The number that starts at `at`, and the place after it.
local function read_varint(bytes, at)
  local number, factor = 0, 1
  while true do
    local byte = string.byte(bytes, at)
    at = at + 1
    if byte < 128 then return number + byte * factor, at end
    number = number + (byte - 128) * factor
    factor = factor * 128
  end
end

local function number_of(day)
  local high, low = string.byte(day, 1, 2)
  return high * 256 + low
end

-- Adds the subsets that no day has to do with, as fields of tallies name them. What is frozen in a record are its
-- segments, a byte each, whether it is in conflict, and its covariate.
local function with_frozen(subsets, frozen)
  local segments = frozen.segments
  for dimension = 1, #segments do
    subsets[#subsets + 1] = 's' .. ((dimension - 1) * 256 + string.byte(segments, dimension))
  end
  if frozen.conflict then subsets[#subsets + 1] = 'c0' end
  if frozen.covariate then subsets[#subsets + 1] = 'v0' end
  return subsets
end

-- The subsets in which an event of a participant counts: `eventCounts` in domain/tally.ts, which counts the product
-- with a covariate, too. Both days are two bytes.
local function subsets_of(joined, day, frozen)
  return with_frozen({ number_of(day), 'j' .. number_of(joined) }, frozen)
end

-- The subset of that product.
local PRODUCT = 'w0'

-- The subset of events after the first, and of what they go with.
local REPEATED = 'r0'

-- What cells of capped totals have added to the number of their KPI.
local CAPPED = 256

-- What definitions say of KPIs, 12 bytes each: KPI u8, window in days u16 (65535: none), 1 where events are counted and
-- 0 where values are, the most that one client counts for as a double (infinite, or 0 where amounts aren't counted).
local function rules_in(bytes)
  local rules = {}
  for at = 1, #bytes, 12 do
    local window, of_events, cap = struct.unpack('>I2Bd', bytes, at + 1)
    rules[string.byte(bytes, at)] = {
      window = window < 65535 and window or nil,
      cap = cap > 0 and cap or nil,
      of_events = of_events == 1,
    }
  end
  return rules
end

local NO_RULES = {}

-- What a client's total and events count for in cells of capped amounts: 1 above the cap, and the amount.
local function capped_by(rule, total, events)
  local amount = rule.of_events and events or total
  if amount > rule.cap then return 1, rule.cap end
  return 0, amount
end

local LINK, EXTRAS = 254, 255

local NOTHING_FROZEN = { segments = '' }

-- The extras that start at `at`, and the place after them; nothing where there are none.
local function read_extras(bytes, at)
  if string.byte(bytes, at) ~= EXTRAS then return NOTHING_FROZEN, at end
  local what = string.byte(bytes, at + 1)
  local after = at + 2 + what % 8
  local frozen = { segments = string.sub(bytes, at + 2, after - 1), conflict = what % 32 >= 16, linked = what >= 32 }
  if what % 16 < 8 then return frozen, after end
  frozen.covariate = struct.unpack('>f', bytes, after)
  return frozen, after + 4
end

-- The conversion that starts at `at`: its KPI, day, events and total, and the place after it.
local function read_conversion(bytes, at)
  local kpi, day = string.byte(bytes, at), string.sub(bytes, at + 1, at + 2)
  local counted, after = read_varint(bytes, at + 3)
  if counted % 2 == 0 then return kpi, day, counted / 2, 0, after end
  return kpi, day, (counted - 1) / 2, struct.unpack('>d', bytes, after), after + 8
end

-- A record in parts: assignment, day, epoch, the place of the first conversion, and what is frozen in it.
local function read_record(record)
  local code, high, low_byte = string.byte(record, 1, 3)
  local epoch, at = 0, 4
  if #record > 3 then epoch, at = read_varint(record, 4) end
  local frozen, body = read_extras(record, at)
  return code, high * 256 + low_byte, epoch, body, frozen
end

-- What `decodeRecord` in store/record-codec.ts takes for an epoch, a number of events, and a total or covariate.
local EPOCH_MAX, EVENTS_MAX, TOTAL_MAX = 65535, 2 ^ 52 - 1, 1e100

local EXCLUDED, EXPLORE, ALTERNATIVES_MAX = 255, 128, 100

local function is_assignment(code)
  return code == EXCLUDED or code % EXPLORE < ALTERNATIVES_MAX
end

local function is_within(number, most)
  return number >= -most and number <= most
end

-- Whether every part of a record is there and means something. It raises an error where a part ends too early.
local function has_sound_parts(record)
  local code, _, epoch, at, frozen = read_record(record)
  if not is_assignment(code) or epoch > EPOCH_MAX then return false end
  if frozen.covariate and not is_within(frozen.covariate, TOTAL_MAX) then return false end
  while at <= #record do
    local _, _, events, total, after = read_conversion(record, at)
    if not (is_within(events, EVENTS_MAX) and is_within(total, TOTAL_MAX)) then return false end
    at = after
  end
  return at == #record + 1
end

-- Whether a record makes sense. One that was damaged or written by hand is counted in no tally: an error in the middle
-- of a batch would leave others' records that no tally counts.
local function is_sound(record)
  local whole, sound = pcall(has_sound_parts, record)
  return whole and sound
end

-- What the definition that the caller knows says of records: how many alternatives there are (u8), and epochs (u32).
-- `current` is the epoch that is in force by now, as the definition has it; false where there is none any more.
local function known_in(bytes, current)
  local alternatives, epochs = struct.unpack('>BI4', bytes)
  return { alternatives = alternatives, epochs = epochs, current = tonumber(current or nil) or epochs - 1 }
end

-- Whether there ever was the epoch, and the alternative of an assignment: `expectKnown` in store/kept-bytes.ts. An
-- epoch that the caller does not know yet may have added alternatives since the definition was read.
local function ever_was(known, code, epoch)
  if epoch > known.current then return false end
  return code == EXCLUDED or code % EXPLORE < known.alternatives or epoch >= known.epochs
end

-- The same of a record. One that ends too early is left to `is_sound` and `existing`, but for its epoch.
local function is_known(record, known)
  local code, _, _, epoch = string.byte(record, 1, 4)
  if not epoch then return not code or ever_was(known, code, 0) end
  if epoch < 128 then return ever_was(known, code, epoch) end
  local whole, more = pcall(read_varint, record, 4)
  return whole and ever_was(known, code, more)
end

local function is_sound_link(link, known)
  if #link == 9 then return true end
  if #link < 11 or not is_sound(string.sub(link, 11)) then return false end
  local kept = string.byte(link, 10)
  local code, _, epoch = read_record(string.sub(link, 11))
  return is_assignment(kept) and ever_was(known, kept, epoch) and ever_was(known, code, epoch)
end

-- What lies under a client where it is a record, or else the record that its link leads to: the record, its client and
-- its bucket. The record is false where there is none, and the answer of Redis where it was refused. It is empty, which
-- makes no sense, where it names an epoch or alternative that there never was, or where a link makes no sense. `links`
-- hears of the clients on the way, if it is given.
local function record_of(records, n, low, client, known, links)
  links = links or {}
  while true do
    local bucket = bucket_of(records, n, low, client)
    local record = redis.pcall('HGET', bucket, client)
    if refused(record) or not record then return record, client, bucket end
    if string.byte(record) ~= LINK then return is_known(record, known) and record or '', client, bucket end
    if not is_sound_link(record, known) then return '', client, bucket end
    for i = 1, #links do
      if links[i] == client then return false end
    end
    links[#links + 1] = client
    client = string.sub(record, 2, 9)
  end
end

-- The outcome of a call whose client has a record that makes no sense.
local UNREADABLE = 'b\0'

-- The outcome of a call that finds a record: a letter and the assignment.
local function existing(letter, record)
  return #record < 3 and UNREADABLE or letter .. string.sub(record, 1, 1)
end

-- The cell in which a link counts what it took out (`takenOut` in domain/tally.ts); nil where it took nothing out.
local function cell_of_link(link)
  if #link == 9 then return nil end
  local code, _, epoch = read_record(string.sub(link, 11))
  local place = code == 255 and code or code % 128
  return epoch .. ':' .. string.byte(link, 10) .. ':x' .. place .. ':p'
end
