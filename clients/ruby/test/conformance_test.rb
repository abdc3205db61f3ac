# frozen_string_literal: true

require "erb"
require_relative "helper"

# Replays conformance/clients.json; conformance/README.md says how.
class ConformanceTest < Minitest::Test
  # A port on which nothing listens.
  NOBODY = "http://127.0.0.1:9"

  CASES, BASE_URLS = JSON.parse(File.read("#{CONFORMANCE}/clients.json", encoding: "UTF-8")).values_at("cases", "base_urls")

  CASES.each_with_index do |item, index|
    define_method("test_#{item["name"].gsub(/\W+/, "_")}") { ConformanceTest.replays[index].value&.then { |error| raise error } }
  end

  def test_takes_base_urls
    BASE_URLS["taken"].each { |url| SixpackAb::Session.new(url) }
  end

  def test_refuses_what_is_no_base_url_and_shows_no_password
    BASE_URLS["refused"].each do |url|
      refused = assert_raises(ArgumentError, url) { SixpackAb::Session.new(url) }
      refute_includes(refused.full_message, "secret")
    end
  end

  # Each test is a case; they are replayed at the same time, for most of them wait. A value is what a case raised.
  def self.replays
    @replays ||= CASES.each_with_index.map do |item, index|
      Thread.new do
        new("replay").replay(item, "ruby-#{index}")
        nil
      rescue Minitest::Assertion, StandardError => error
        error
      end
    end
  end

  def replay(item, token)
    failures = []
    session = session_of(item, token, failures)
    item["steps"].each do |step|
      failures.clear
      if step["call"] == "wait" then sleep(step["ms"] / 1000.0)
      elsif step["expect"]["throws"] then assert_raises(ArgumentError) { call(session, step) }
      else check(session, step, failures)
      end
    end
    check_seen(item, MISBEHAVING.json("/requests/#{token}")) if item["requests"]
    check_details(item["details"]) if item["details"]
  end

  private

  def session_of(item, token, failures)
    settings = item["session"].transform_keys(&:to_sym)
    timeout_ms = settings.delete(:timeout_ms)
    settings[:timeout] = timeout_ms / 1000.0 if timeout_ms
    url = { "real" => REAL.url, "nobody" => NOBODY }.fetch(item["server"], "#{MISBEHAVING.url}/#{item["server"]}/#{token}")
    SixpackAb::Session.new(url, on_failure: ->(failure) { failures << failure }, **settings)
  end

  def call(session, step)
    return session.convert(step["experiment"], step["kpi"], step["value"]) if step["call"] == "convert"

    return session.link(step["previous_id"], step["experiment"]) if step["call"] == "link"

    options = (step["options"] || {}).transform_keys(&:to_sym)
    return session.participate_all(step["experiments"], **options) if step["call"] == "participate_all"

    session.participate(step["experiment"], step["alternatives"], **options)
  end

  def check(session, step, failures)
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    returned = call(session, step)
    elapsed_ms = (Process.clock_gettime(Process::CLOCK_MONOTONIC) - started) * 1000
    expected = step["expect"]
    assert_equal(expected["returns"], returned) if expected.key?("returns")
    assert_equal(expected["failures"], failures.map { |failure| failure.code.to_s }) if expected.key?("failures")
    failures.each do |failure|
      assert_equal(step["experiments"] ? :participate : step["call"].to_sym, failure.call)
      assert_includes(step["experiments"]&.keys || [step["experiment"]], failure.experiment)
    end
    assert_operator(elapsed_ms, :>=, expected.fetch("after_ms", 0))
  end

  def check_seen(item, seen)
    lists = [item["requests"], seen]
    lists.map! { |list| list.sort_by { |request| [request["path"], *request["arguments"]["experiment"]] } } if item["any_order"]
    check_requests(*lists)
    ids = seen.filter_map { |request| request["arguments"]["id"] }.uniq
    conversions = item["steps"].count { |step| step["call"] == "convert" && !step["expect"]["throws"] }
    assert_equal(conversions, ids.size)
  end

  def check_requests(expected, seen)
    assert_equal(expected.map { |request| request["path"] }, seen.map { |request| request["path"] })
    expected.zip(seen) do |wanted, got|
      %w[body authorization].each { |name| assert(wanted[name] == got[name], "#{name}: #{wanted[name]}, got #{got[name]}") }
      assert_equal(wanted["arguments"].keys.sort, got["arguments"].keys.sort)
      wanted["arguments"].each do |name, value|
        values = got["arguments"][name]
        if value.is_a?(Hash) then assert_match(Regexp.new(value["matches"]), values.fetch(0))
        else assert_equal(Array(value), values)
        end
      end
    end
  end

  def check_details(expected)
    details = REAL.json("/experiments/#{ERB::Util.url_encode(expected["experiment"])}")
    expected.reject { |field| field == "experiment" }.each { |field, value| assert_equal(value, details[field]) }
  end
end
