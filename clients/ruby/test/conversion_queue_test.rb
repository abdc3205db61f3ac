# frozen_string_literal: true

require "open3"
require "rbconfig"
require "tmpdir"
require_relative "helper"

# Conversions that are given away: each is sent or reported, through outages, forks and the end of the process.
class ConversionQueueTest < Minitest::Test
  NOBODY = "http://127.0.0.1:9"
  LIB = File.expand_path("../lib", __dir__)

  def test_delivers_every_conversion_once_after_an_outage
    Dir.mktmpdir do |folder|
      server = Server.real(0, folder)
      failures = []
      sessions = Array.new(50) do |number|
        SixpackAb::Session.new(server.url, client_id: "buyer-#{number}", timeout: 60, on_failure: failures.method(:push))
      end
      sessions.each { |session| session.participate("outage", %w[a b]) }
      server.stop
      queue = SixpackAb::ConversionQueue.new
      sessions.each { |session| queue.convert(session, "outage") }
      refute(queue.flush(0.2))
      assert_equal(50, queue.size)
      server = Server.real(server.port, folder)
      assert(queue.flush(60))
      assert_equal(50, server.json("/experiments/outage")["total_conversions"])
      assert_empty(failures)
      server.stop
    end
  end

  def test_reports_what_the_server_refuses_and_goes_on
    failures = Queue.new
    queue = SixpackAb::ConversionQueue.new
    queue.convert(SixpackAb::Session.new("#{MISBEHAVING.url}/rejecting/q", timeout: 60, on_failure: failures.method(:push)), "button")
    queue.convert(SixpackAb::Session.new("#{MISBEHAVING.url}/fine/q", timeout: 60, on_failure: failures.method(:push)), "button", "purchase", 5)
    assert(queue.flush(60))
    assert_equal([1, :rejected], [failures.size, failures.pop.code])
    assert_equal(2, MISBEHAVING.json("/requests/q").size)
  end

  def test_reports_the_oldest_when_too_many_wait
    failures = Queue.new
    session = SixpackAb::Session.new(NOBODY, on_failure: failures.method(:push))
    queue = SixpackAb::ConversionQueue.new(exit_timeout: 0.01)
    (SixpackAb::ConversionQueue::CONVERSIONS_MAX + 3).times { queue.convert(session, "button") }
    assert_equal([SixpackAb::ConversionQueue::CONVERSIONS_MAX, 3], [queue.size, failures.size])
    queue.close
    assert_equal(SixpackAb::ConversionQueue::CONVERSIONS_MAX + 3, failures.size)
  end

  def test_waits_for_the_server_at_the_end_of_the_process
    run_ruby(<<~RUBY)
      queue = SixpackAb::ConversionQueue.new(exit_timeout: 60)
      20.times { queue.convert(SixpackAb::Session.new("#{MISBEHAVING.url}/fine/exit", timeout: 60), "button") }
    RUBY
    assert_equal(20, MISBEHAVING.json("/requests/exit").size)
  end

  def test_reports_what_is_left_at_the_end_of_the_process
    printed = run_ruby(<<~RUBY)
      session = SixpackAb::Session.new("#{NOBODY}", on_failure: ->(failure) { puts failure.message })
      SixpackAb::ConversionQueue.new(exit_timeout: 0.1).convert(session, "button")
    RUBY
    assert_includes(printed, "Expected the server before the process ended")
  end

  def test_belongs_to_the_process_that_was_given_the_conversion
    queue = SixpackAb::ConversionQueue.new(exit_timeout: 0)
    queue.convert(SixpackAb::Session.new(NOBODY), "button")
    child = fork { exit!(queue.size) }
    assert_equal(0, Process.wait2(child).last.exitstatus)
    assert_equal(1, queue.size)
  end

  private

  def run_ruby(code)
    printed, status = Open3.capture2(RbConfig.ruby, "-I", LIB, "-r", "sixpack_ab", "-e", code)
    assert(status.success?)
    printed
  end
end
