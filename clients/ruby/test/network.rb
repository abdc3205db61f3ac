# frozen_string_literal: true

# What clients/test/network.test.ts asks of every language: a page of five experiments where the network is silent.
#
# Prints, for each name, what was shown, the codes of failures, and the milliseconds that the page took.

require "json"
require_relative "../lib/sixpack_ab"

found = { "alive" => 3, "dead" => 0.5, "unknown" => 0.5 }.to_h do |name, timeout|
  failures = []
  started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  url = "http://#{name}.example:#{ARGV.first}/fine/ruby"
  session = SixpackAb::Session.new(url, timeout: timeout, on_failure: failures.method(:push))
  shown = Array.new(5) { |number| session.participate("page-#{number}", %w[red blue]) }
  ms = ((Process.clock_gettime(Process::CLOCK_MONOTONIC) - started) * 1000).round
  [name, { shown: shown, codes: failures.map(&:code), ms: ms }]
end
puts JSON.generate(found)
$stdout.flush
# Without the end of the process, which on Ruby 3.1 waits for the resolver.
exit!(0)
