-- Posts one body over and over; `delay` spreads requests, so that a rate is offered rather than all that fits.
-- Arguments: file of the body, mean milliseconds between the requests of a connection, header lines...
local pause = 0
local wrong = 0
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  wrk.body = file:read("*a")
  file:close()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  for index = 3, #arguments do
    local name, value = arguments[index]:match("^(.-): (.*)$")
    wrk.headers[name] = value
  end
  pause = tonumber(arguments[2])
  unexpected = 0
end

function delay()
  return math.random(0, 2 * pause)
end

function response(status)
  if status ~= 200 and status ~= 201 then unexpected = unexpected + 1 end
end

function done(summary, latency)
  for _, thread in ipairs(threads) do wrong = wrong + thread:get("unexpected") end
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "max": %d, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    wrong + errors.connect + errors.read + errors.write + errors.timeout))
end
