# frozen_string_literal: true

require_relative "helper"

# What the shared cases can't say: the parts that are Ruby's own.
class SessionTest < Minitest::Test
  README = File.read(File.expand_path("../README.md", __dir__))
  UUID = /\A\h{8}-\h{4}-4\h{3}-[89ab]\h{3}-\h{12}\z/

  def test_runs_the_first_example_of_the_readme
    code = README[/```ruby\n(.*?)```/m, 1].gsub('"http://localhost:5000"', "\"#{REAL.url}\", timeout: 60")
    scope = binding
    scope.eval("#{code}\n@color = color")
    assert_includes(%w[red blue], @color)
    assert_equal(1, REAL.json("/experiments/button")["total_participants"])
  end

  def test_takes_cookie_query_address_and_user_agent_from_a_rack_request
    env = {
      "HTTP_COOKIE" => "sixpack_client_id=shop-42", "QUERY_STRING" => "sixpack-force-other=b",
      "REMOTE_ADDR" => "203.0.113.7", "HTTP_USER_AGENT" => "Mozilla/5.0"
    }
    session = SixpackClient::Session.from_rack("#{MISBEHAVING.url}/fine/rack", env, timeout: 60)
    assert_equal("b", session.participate("other", %w[a b]))
    assert_equal("blue", session.participate("button", %w[red blue]))
    arguments = MISBEHAVING.json("/requests/rack")[0]["arguments"]
    assert_equal(["shop-42"], arguments["client_id"])
    assert_equal(["203.0.113.7"], arguments["ip_address"])
    assert_equal(["Mozilla/5.0"], arguments["user_agent"])
  end

  def test_takes_what_visitors_send_as_bytes
    env = { "HTTP_COOKIE" => "sixpack_client_id=zo\xC3\xAB".b, "QUERY_STRING" => "a=\xFF&sixpack-force-button=blue".b }
    session = SixpackClient::Session.from_rack(REAL.url, env)
    assert_equal("zoë", session.client_id)
    assert_equal("blue", session.participate("button", %w[red blue]))
  end

  def test_offers_a_cookie_that_gives_the_next_session_the_same_client
    session = SixpackClient::Session.new(REAL.url)
    assert_match(UUID, session.client_id)
    assert_equal("sixpack_client_id=#{session.client_id}; Path=/; Max-Age=34560000; SameSite=Lax", session.set_cookie)
    pair = session.set_cookie.split(";").first
    assert_equal(session.client_id, SixpackClient::Session.new(REAL.url, cookie: pair).client_id)
  end

  def test_returns_the_control_when_the_hook_raises
    session = SixpackClient::Session.new("#{MISBEHAVING.url}/error-500/hook", timeout: 60, on_failure: ->(_) { raise "its own trouble" })
    assert_equal("red", session.participate("button", %w[red blue]))
  end

  def test_raises_for_a_base_url_that_is_none
    ["", "example.com", "ftp://example.com", "http://", "http://example.com/?a=b", "http://a/#b", "http://a b/"].each do |url|
      assert_raises(ArgumentError, url) { SixpackClient::Session.new(url) }
    end
  end

  def test_uses_one_connection_for_many_sessions
    before = SixpackClient::Transport.idle_count
    3.times { SixpackClient::Session.new(REAL.url, timeout: 60).participate("kept", %w[a b]) }
    after = SixpackClient::Transport.idle_count
    assert_operator(after - before, :<=, 1)
  end

  def test_serves_many_threads_at_once
    failures = Queue.new
    threads = Array.new(20) do |number|
      Thread.new do
        session = SixpackClient::Session.new(REAL.url, client_id: "thread-#{number}", timeout: 60, on_failure: failures.method(:push))
        session.participate("threads", %w[a b])
        session.convert("threads")
      end
    end
    threads.each(&:join)
    assert_equal(0, failures.size)
    assert_equal(20, REAL.json("/experiments/threads")["total_conversions"])
  end
end
