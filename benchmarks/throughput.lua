-- For wrk: sends the requests of a file one after another, and says the figures as JSON.
-- Arguments: the file; "once" (stop when it is used up) or "again"; the mean pause of a connection in ms.
local requests, at, again, pause = {}, 0, false, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for request in file:read("*a"):gmatch("(%Z+)%z") do
    requests[#requests + 1] = request
  end
  file:close()
  again, pause = args[2] == "again", tonumber(args[3])
  math.randomseed(7)
  if pause == 0 then
    delay = nil
  end
end

-- Pauses as of people who know nothing of each other: exponential.
function delay()
  return math.floor(-pause * math.log(1 - math.random()))
end

function request()
  at = at + 1
  if at > #requests then
    if not again then
      wrk.thread:stop()
    end
    at = 1
  end
  return requests[at]
end

function done(summary, latency, _)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    'FIGURES {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "refused": %d, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    summary.errors.status, failed))
end
