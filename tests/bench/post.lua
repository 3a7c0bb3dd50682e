-- What wrk sends: always the same POST, so that its own cost is the least.
-- BENCH_BODY names the file with the body, BENCH_GZIP says that it is zipped.
local file = assert(io.open(os.getenv("BENCH_BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
file:close()
wrk.headers["Content-Type"] = "application/json"
if os.getenv("BENCH_GZIP") == "1" then
	wrk.headers["Content-Encoding"] = "gzip"
end

function done(summary, latency, requests)
	local e = summary.errors
	io.write(string.format(
		'BENCH {"requests": %d, "us": %d, "p50": %d, "p99": %d, ' ..
		'"max": %d, "refused": %d, "broken": %d}\n',
		summary.requests, summary.duration,
		latency:percentile(50), latency:percentile(99), latency.max,
		e.status, e.connect + e.read + e.write + e.timeout))
end
