# frozen_string_literal: true

require "bigdecimal"
require "logger"
require_relative "helper"

# What the shared cases can't say: the parts that are Ruby's own.
class SessionTest < Minitest::Test
  README = File.read(File.expand_path("../README.md", __dir__))
  UUID = /\A\h{8}-\h{4}-4\h{3}-[89ab]\h{3}-\h{12}\z/

  def test_runs_the_examples_of_the_readme
    code = README.scan(/```ruby\n(.*?)```/m).join("\n").gsub('"http://localhost:5000"', "\"#{REAL.url}\", timeout: 60")
    code = code.gsub("flush(5)", "flush(60)")
    binding.eval("#{code}\n@color, @shown, @queue = color, shown, queue")
    assert_includes(%w[red blue], @color)
    assert_equal(%w[button headline], @shown.keys)
    assert_equal(0, @queue.size)
    assert_equal(1, REAL.json("/experiments/button")["total_participants"])
  end

  def test_takes_cookie_query_address_and_user_agent_from_a_rack_request
    env = {
      "HTTP_COOKIE" => "sixpack_client_id=shop-42", "QUERY_STRING" => "sixpack-force-other=b",
      "REMOTE_ADDR" => "203.0.113.7", "HTTP_USER_AGENT" => "Mozilla/5.0"
    }
    session = SixpackAb::Session.from_rack("#{MISBEHAVING.url}/fine/rack", env, timeout: 60)
    assert_equal("b", session.participate("other", %w[a b]))
    assert_equal("blue", session.participate("button", %w[red blue]))
    arguments = MISBEHAVING.json("/requests/rack")[0]["arguments"]
    assert_equal(["shop-42"], arguments["client_id"])
    assert_equal(["203.0.113.7"], arguments["ip_address"])
    assert_equal(["Mozilla/5.0"], arguments["user_agent"])
  end

  def test_takes_what_visitors_send_as_bytes
    env = { "HTTP_COOKIE" => "sixpack_client_id=zo\xC3\xAB".b, "QUERY_STRING" => "a=\xFF&sixpack-force-button=blue".b }
    session = SixpackAb::Session.from_rack(REAL.url, env)
    assert_equal("zoë", session.client_id)
    assert_equal("blue", session.participate("button", %w[red blue]))
  end

  def test_costs_no_page_when_the_settings_of_a_request_are_not_valid
    pages = ->(env) { [200, {}, [env["sixpack"].client_id]] }
    middleware = SixpackAb::Middleware.new(pages, MISBEHAVING.url) { { client_id: "" } }
    log = StringIO.new
    known = middleware.call("HTTP_COOKIE" => "sixpack_client_id=shop-42", "rack.errors" => log)
    assert_equal([200, {}, ["shop-42"]], known)
    status, headers, = middleware.call("rack.errors" => log)
    assert_equal([200, {}], [status, headers], "no cookie, for nobody knows what was consented to")
    assert_match(/Expected a client id of 1 to 1024 characters, got ""/, log.string)
  end

  def test_warns_of_each_kind_of_failure_once_a_minute_unless_given_a_hook
    _, told = capture_io do
      3.times do
        SixpackAb::Session.new("#{MISBEHAVING.url}/error-500/said", timeout: 60).participate("button", %w[red blue])
      end
      SixpackAb::Session.new("#{MISBEHAVING.url}/nowhere/said/", timeout: 60).convert(nil)
    end
    said, advised, *more = told.lines.grep(%r{/said: })
    assert_empty(more)
    assert_equal("sixpack: participate of button at #{MISBEHAVING.url}/error-500/said: server-error, internal error\n", said)
    began = Regexp.escape("sixpack: convert of every experiment at #{MISBEHAVING.url}/nowhere/said: rejected, ")
    assert_match(/\A#{began}.+\. Does Sixpack's API answer there\?\n\z/, advised)
  end

  def test_writes_failures_of_a_request_to_the_log_of_its_framework
    pages = ->(env) { [200, {}, [env["sixpack"].participate("button", %w[red blue])]] }
    middleware = SixpackAb::Middleware.new(pages, "#{MISBEHAVING.url}/error-500/logged", timeout: 60)
    errors, logged = StringIO.new, StringIO.new
    assert_equal(["red"], middleware.call("rack.errors" => errors).last)
    assert_match(/\Asixpack: participate of button at .+: server-error, .+\n\z/, errors.string)
    railed = SixpackAb::Middleware.new(pages, "#{MISBEHAVING.url}/error-500/railed", timeout: 60)
    2.times { railed.call("rack.errors" => errors, "action_dispatch.logger" => Logger.new(logged)) }
    assert_equal(1, logged.string.lines.size, "said once a minute")
    assert_match(/WARN.+sixpack: participate of button at .+: server-error, /, logged.string)
    assert_equal(1, errors.string.lines.size, "said in one place")
    hook = SixpackAb::Middleware.new(pages, "#{MISBEHAVING.url}/error-500/told", timeout: 60, on_failure: ->(_) {})
    hook.call("rack.errors" => errors)
    assert_equal(1, errors.string.lines.size, "a hook of the program takes the place of the log")
  end

  def test_offers_a_cookie_that_gives_the_next_session_the_same_client
    session = SixpackAb::Session.new(REAL.url)
    assert_match(UUID, session.client_id)
    assert_equal("sixpack_client_id=#{session.client_id}; Path=/; Max-Age=34560000; SameSite=Lax", session.set_cookie)
    pair = session.set_cookie.split(";").first
    assert_equal(session.client_id, SixpackAb::Session.new(REAL.url, cookie: pair).client_id)
  end

  def test_returns_the_control_when_the_hook_raises
    session = SixpackAb::Session.new("#{MISBEHAVING.url}/error-500/hook", timeout: 60, on_failure: ->(_) { raise "its own trouble" })
    assert_equal("red", session.participate("button", %w[red blue]))
  end

  def test_uses_one_connection_for_many_sessions
    before = SixpackAb::Transport.idle_count
    3.times { SixpackAb::Session.new(REAL.url, timeout: 60).participate("kept", %w[a b]) }
    after = SixpackAb::Transport.idle_count
    assert_operator(after - before, :<=, 1)
  end

  def test_serves_many_threads_at_once
    failures = Queue.new
    threads = Array.new(20) do |number|
      Thread.new do
        session = SixpackAb::Session.new(REAL.url, client_id: "thread-#{number}", timeout: 60, on_failure: failures.method(:push))
        session.participate("threads", %w[a b])
        session.convert("threads")
      end
    end
    threads.each(&:join)
    assert_equal(0, failures.size)
    assert_equal(20, REAL.json("/experiments/threads")["total_conversions"])
  end

  def test_asks_for_several_experiments_in_one_request
    session = SixpackAb::Session.new("#{MISBEHAVING.url}/batching/all", client_id: "c", query: "sixpack-force-hero=a", timeout: 60)
    answers = session.participate_all({ "button" => %w[red blue], "hero" => %w[a b], "menu" => %w[x y] })
    assert_equal({ "button" => "blue", "hero" => "a", "menu" => "y" }, answers)
    seen = MISBEHAVING.json("/requests/all")
    asked = [["button", %w[red blue]], ["menu", %w[x y]]].map do |name, alternatives|
      { "participate" => { "experiment" => name, "alternatives" => alternatives, "client_id" => "c" } }
    end
    assert_equal([{ "calls" => asked }], seen.map { |request| request["body"] })
  end

  def test_asks_one_by_one_where_there_are_no_batches_and_remembers_that
    session = SixpackAb::Session.new("#{MISBEHAVING.url}/fine/single", client_id: "c", timeout: 60)
    2.times { assert_equal({ "a" => "2", "b" => "4" }, session.participate_all({ "a" => %w[1 2], "b" => %w[3 4] })) }
    assert_equal(["/batch"] + ["/participate"] * 4, MISBEHAVING.json("/requests/single").map { |request| request["path"] })
  end

  def test_makes_a_batch_no_single_calls_because_there_were_too_many_calls
    failures = []
    session = SixpackAb::Session.new("#{MISBEHAVING.url}/too-many/429", client_id: "c", timeout: 60, on_failure: failures.method(:push))
    2.times { assert_equal({ "a" => "1", "b" => "3" }, session.participate_all({ "a" => %w[1 2], "b" => %w[3 4] })) }
    assert_equal([[:rejected, "a"], [:rejected, "b"]] * 2, failures.map { |failure| [failure.code, failure.experiment] })
    assert_equal(["/batch"] * 2, MISBEHAVING.json("/requests/429").map { |request| request["path"] })
  end

  def test_asks_for_more_experiments_than_a_batch_takes
    failures = []
    agent = "Mozilla " * 60
    session = SixpackAb::Session.new(REAL.url, client_id: "c", user_agent: agent, timeout: 60, on_failure: failures.method(:push))
    answers = session.participate_all((0...250).to_h { |number| ["many-#{number}", %w[a b]] })
    assert_equal([250, []], [answers.size, failures])
    assert_equal(1, REAL.json("/experiments/many-249")["total_participants"])
  end

  def test_believes_no_answer_to_somebody_else
    %w[other-client other-experiment].each do |behaviour|
      failures = []
      session = SixpackAb::Session.new("#{MISBEHAVING.url}/#{behaviour}/own", timeout: 60, retries: 0, on_failure: failures.method(:push))
      assert_equal("red", session.participate("button", %w[red blue]))
      assert_equal({ "a" => "1", "b" => "3" }, session.participate_all({ "a" => %w[1 2], "b" => %w[3 4] }))
      refute(session.convert("button"))
      assert_equal([:"bad-answer"] * 4, failures.map(&:code))
    end
  end

  def test_goes_on_when_a_kept_connection_is_closed_under_the_request
    failures = []
    session = SixpackAb::Session.new("#{MISBEHAVING.url}/closing/under", timeout: 60, on_failure: failures.method(:push))
    4.times { assert_equal("blue", session.participate("button", %w[red blue])) }
    assert_empty(failures)
  end

  def test_waits_once_for_a_server_that_is_silent
    failures = []
    session = SixpackAb::Session.new("#{MISBEHAVING.url}/silent/once", timeout: 0.2, on_failure: failures.method(:push))
    5.times { |number| assert_equal("red", session.participate("page-#{number}", %w[red blue])) }
    assert_equal([:timeout] + [:unreachable] * 4, failures.map(&:code))
    assert_equal(1, MISBEHAVING.json("/requests/once").size)
  end

  def test_sends_agents_that_are_no_text
    env = { "HTTP_USER_AGENT" => "caf\xE9 \xC3\xA9\0".b, "REMOTE_ADDR" => "\xFF::1".b }
    session = SixpackAb::Session.from_rack("#{MISBEHAVING.url}/fine/agent", env, timeout: 60)
    assert_equal("blue", session.participate("button", %w[red blue]))
    arguments = MISBEHAVING.json("/requests/agent")[0]["arguments"]
    assert_equal([["caf\uFFFD é"], ["\uFFFD::1"]], [arguments["user_agent"], arguments["ip_address"]])
  end

  def test_keeps_no_cookie_without_consent_and_spans_hosts_where_told_to
    cookie = "sixpack_client_id=shop-42"
    none = SixpackAb::Session.new(REAL.url, cookie: cookie, storage: :none)
    refute_equal("shop-42", none.client_id)
    assert_nil(none.cookie_to_set)
    shop = SixpackAb::Session.new(REAL.url, cookie_domain: "example.com")
    assert_nil(shop.cookie_to_set, "Nobody asked it for anything.")
    assert_includes("#{shop.client_id} #{shop.cookie_to_set}", "=#{shop.client_id};")
    assert(shop.set_cookie.end_with?("; Domain=example.com"))
    [{ cookie: cookie }, { client_id: "shop-42" }].each do |options|
      session = SixpackAb::Session.new(REAL.url, **options)
      assert_equal(["shop-42", nil], [session.client_id, session.cookie_to_set])
    end
    given = SixpackAb::Session.new(REAL.url, client_id: "user-1", cookie: cookie, storage: :cookie)
    assert_includes("#{given.client_id} #{given.cookie_to_set}", "=user-1;")
  end

  def test_sends_no_conversion_of_an_alternative_that_was_forced
    session = SixpackAb::Session.new("#{MISBEHAVING.url}/fine/forced", query: "sixpack-force-button=blue", timeout: 60)
    assert_equal("blue", session.participate("button", %w[red blue]))
    refute(session.convert("button"))
    SixpackAb::ConversionQueue.new.convert(session, "button")
    assert(session.convert("other"))
    assert_equal(1, MISBEHAVING.json("/requests/forced").size)
  end

  def test_takes_no_cookie_and_no_query_for_nil_and_a_query_that_is_no_text
    none = SixpackAb::Session.new("#{MISBEHAVING.url}/fine/none", cookie: nil, query: nil, timeout: 60)
    assert_match(UUID, none.client_id)
    assert_equal("blue", none.participate("button", %w[red blue]))
    assert_equal("red", SixpackAb::Session.new(REAL.url, query: "a=\xFF&sixpack-force-button=red").participate("button", %w[red blue]))
  end

  def test_sends_numbers_of_every_kind_in_decimal
    session = SixpackAb::Session.new("#{MISBEHAVING.url}/batching/kinds", timeout: 60)
    options = { traffic_fraction: 1/2r, weights: [1/4r, BigDecimal("2.5")], covariate: 3/2r }
    session.participate("button", %w[red blue], **options)
    session.participate_all({ "button" => %w[red blue], "headline" => %w[short long] }, **options)
    alone, together = MISBEHAVING.json("/requests/kinds")
    sent = { "traffic_fraction" => 0.5, "weights" => [0.25, 2.5], "covariate" => 1.5 }
    assert_equal(sent.transform_values { |value| Array(value).map(&:to_s) }, alone["arguments"].slice(*sent.keys))
    assert_equal(sent, together["body"]["calls"][0]["participate"].slice(*sent.keys))
  end

  def test_keeps_no_more_of_an_answer_than_one_can_be
    failures = []
    session = SixpackAb::Session.new("#{MISBEHAVING.url}/flooding/kept", timeout: 60, on_failure: failures.method(:push))
    assert_equal("red", session.participate("button", %w[red blue]))
    assert_equal([:"bad-answer"], failures.map(&:code))
  end

  def test_puts_one_slash_between_its_base_url_and_the_call
    session = SixpackAb::Session.new("#{MISBEHAVING.url}/fine/slashes//", timeout: 60)
    assert_equal("blue", session.participate("button", %w[red blue]))
  end

  def test_raises_for_a_port_that_there_is_not
    [0, 65_536, 99_999].each do |port|
      assert_raises(ArgumentError, port.to_s) { SixpackAb::Session.new("http://127.0.0.1:#{port}/ab") }
    end
  end

  def test_raises_for_settings_that_are_none
    [{ retries: -1 }, { timeout: 0 }, { timeout: Float::INFINITY }, { timeout: 86_401 }, { timeout: nil }, { storage: :disk }, { cookie_domain: "a;b" }, { client_id: 7 },
     { api_key: "" }, { segments: { "two words" => "a" } }, { api_key: "a\r\nX: 1" }].each do |settings|
      assert_raises(ArgumentError, settings.to_s) { SixpackAb::Session.new(REAL.url, **settings) }
    end
  end
end
