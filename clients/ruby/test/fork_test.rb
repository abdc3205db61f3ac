# frozen_string_literal: true

require "digest"
require_relative "helper"

# A process that forks, as servers and queues of jobs do: each side has connections and answers of its own.
class ForkTest < Minitest::Test
  CLIENTS = 1_000
  PROCESSES = 4
  THREADS = 8
  ALTERNATIVES = Array.new(20) { |number| "a#{number}" }

  def test_gives_everybody_their_own_alternative_in_every_process
    assert_equal(0, wrong_of(["first"]))
    mine, *others = Array.new(CLIENTS) { |number| "client-#{number}" }.each_slice(CLIENTS / PROCESSES).to_a
    # Without the end of a Ruby process, which would run these tests again.
    children = others.map { |part| fork { exit!([wrong_of(part), 255].min) } }
    wrong = wrong_of(mine) + children.sum { |child| Process.wait2(child).last.exitstatus }
    assert_equal(0, wrong)
    assert_equal(CLIENTS + 1, REAL.json("/experiments/forks")["total_participants"])
  end

  def test_loses_no_conversion_that_threads_of_a_child_give_at_once
    queue = SixpackAb::ConversionQueue.new(exit_timeout: 0)
    session = SixpackAb::Session.new("http://127.0.0.1:9")
    # One process in some dozens met it.
    lost = Array.new(400) { Process.wait2(fork { exit!(lost_of_threads(queue, session)) }).last.exitstatus }
    assert_equal(0, lost.sum)
  end

  private

  def lost_of_threads(queue, session)
    begun = false
    threads = Array.new(THREADS) do
      Thread.new do
        Thread.pass until begun
        queue.convert(session, "button")
      end
    end
    begun = true
    threads.each(&:join)
    THREADS - queue.size
  end

  # How many met a failure, or an alternative that is not theirs.
  def wrong_of(clients)
    failures = []
    wrong = clients.count do |client|
      session = SixpackAb::Session.new(REAL.url, client_id: client, timeout: 60, on_failure: failures.method(:push))
      # docs/client-spec.md, 9.1: uniform assignment.
      expected = ALTERNATIVES[Digest::SHA1.hexdigest("forks.#{client}")[0, 7].hex % ALTERNATIVES.size]
      session.participate("forks", ALTERNATIVES) != expected
    end
    wrong + failures.size
  end
end
