"""The one write that Redis does for a store: fenced, counted, whole. A Lua script, so that nobody sees half of it."""

SHOW = """
-- KEYS slots out cameras facings meta
-- ARGV owner_epoch expected_writes whole written_at channel told, then six counted lists:
--      slots to set (name value), slots to delete, out to set (since name), out to delete,
--      cameras to set (name value), facings to set (name value)
local epoch = tonumber(ARGV[1])
local held = tonumber(redis.call('HGET', KEYS[5], 'owner_epoch') or '-1')
local writes = tonumber(redis.call('HGET', KEYS[5], 'writes') or '-1')
if held > epoch then return 'fenced' end
local whole = ARGV[3] == '1'
if whole then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
elseif held ~= epoch or writes ~= tonumber(ARGV[2]) then
  return 'lost'
end
local at = 7
local changed = whole
local function each(width, act)
  local count = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, count do
    act(ARGV[at], ARGV[at + 1])
    at = at + width
    changed = true
  end
end
each(2, function(name, value) redis.call('HSET', KEYS[1], name, value) end)
each(1, function(name) redis.call('HDEL', KEYS[1], name) end)
each(2, function(since, name) redis.call('ZADD', KEYS[2], since, name) end)
each(1, function(name) redis.call('ZREM', KEYS[2], name) end)
each(2, function(name, value) redis.call('HSET', KEYS[3], name, value) end)
each(2, function(name, value) redis.call('HSET', KEYS[4], name, value) end)
if not changed then
  redis.call('HSET', KEYS[5], 'written_at', ARGV[4])
  return writes
end
writes = math.max(writes, 0) + 1
redis.call('HSET', KEYS[5], 'owner_epoch', ARGV[1], 'writes', writes, 'written_at', ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[6])
return writes
"""
"""Returns the store's write counter; ``lost`` when Redis does not hold what this owner last wrote (flushed, rolled
back, written by another owner): nothing was written, show the whole; ``fenced`` when a newer owner has written."""
