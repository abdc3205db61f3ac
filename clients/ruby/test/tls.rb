# frozen_string_literal: true

# What clients/test/tls.test.ts asks of every language: a page at each of the addresses given, a code for a failure.

require "json"
require_relative "../lib/sixpack_ab"

found = ARGV.map do |url|
  failures = []
  session = SixpackAb::Session.new(url, timeout: 60, on_failure: failures.method(:push))
  Array.new(2) { session.participate("tls", %w[red blue]) } + failures.map(&:code)
end
puts JSON.generate(found)
