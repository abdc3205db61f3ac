# frozen_string_literal: true

require "json"

module SixpackClient
  # One client of the tests, and the calls it makes. docs/client-spec.md is the contract.
  class Session
    # First pause before a conversion is tried again, in seconds; each further one is twice as long.
    RETRY_PAUSE_S = 0.1
    FINAL = %i[rejected redirect].freeze

    attr_reader :client_id

    # The session of a Rack request: cookie, query, address of the connection and user agent come from there.
    def self.from_rack(base_url, env, **options)
      found = {
        cookie: env["HTTP_COOKIE"].to_s, query: env["QUERY_STRING"].to_s,
        ip_address: env["REMOTE_ADDR"], user_agent: env["HTTP_USER_AGENT"]
      }
      new(base_url, **found, **options)
    end

    # base_url::   of the server, with its mount path if it has one
    # client_id::  who is randomised; else the one in +cookie+, a Cookie header, else a new UUID
    # query::      the query string of the page, for ?sixpack-force-NAME=ALTERNATIVE
    # ip_address:: of the visitor; forwarded, like +user_agent+
    # timeout::    longest time of one call, in seconds
    # retries::    how often a conversion is tried again
    # on_failure:: called with a Failure for everything that went wrong; what it raises is ignored
    #
    # Raises ArgumentError when +base_url+ is no http URL or +client_id+ no client id.
    def initialize(base_url, client_id: nil, cookie: "", query: "", ip_address: nil, user_agent: nil,
                   timeout: 0.5, retries: 2, on_failure: nil)
      @base = parse(base_url)
      @client_id = client_id || ClientId.from_cookie(cookie) || ClientId.generate
      raise ArgumentError, "Expected a client id of 1 to 1024 characters, got #{client_id.inspect}" unless Names.client_id?(@client_id)

      @query = query
      @visitor = { client_id: @client_id, ip_address: ip_address, user_agent: user_agent }
      @timeout = timeout
      @retries = retries
      @on_failure = on_failure
    end

    # Value of a Set-Cookie header that makes a browser keep the client id.
    def set_cookie
      ClientId.cookie_for(client_id)
    end

    # The alternative this client gets; the first one, the control, on any failure.
    #
    # traffic_fraction:: share of clients that take part, in (0, 1]; nil leaves the stored one alone
    # weights::          one per alternative; they count when the experiment is made
    # prefetch::         asks without taking part
    # force::            the alternative to return, without a request unless +record_force+; ignored when it isn't one
    #
    # Raises ArgumentError for arguments that break the rules, never for what happens on the network.
    def participate(experiment, alternatives, traffic_fraction: nil, weights: nil, prefetch: false,
                    force: nil, record_force: false)
      Names.check_experiment(experiment)
      Names.check_alternatives(alternatives)
      Names.check_traffic_fraction(traffic_fraction)
      Names.check_weights(weights, alternatives.size)
      wished = force || forced_by_query(experiment)
      forced = wished if alternatives.include?(wished)
      return forced if forced && !record_force

      answer = call(:participate, experiment, {
                      experiment: experiment, alternatives: alternatives, **@visitor,
                      traffic_fraction: traffic_fraction, weights: weights, prefetch: prefetch || nil,
                      force: forced, record_force: forced && true
                    })
      name = alternative_of(answer, alternatives)
      return forced || name if name

      report(answer.is_a?(Failure) ? answer : unasked(experiment, alternatives))
      forced || alternatives.first
    end

    # Whether the server has the conversion, after retries. With nil as experiment it counts on every one of this client.
    #
    # Raises ArgumentError for arguments that break the rules, never for what happens on the network.
    def convert(experiment, kpi = nil, value = nil)
      Names.check_experiment(experiment) unless experiment.nil?
      Names.check_name("a KPI", kpi) unless kpi.nil?
      Names.check_value(value)
      arguments = { experiment: experiment, **@visitor, kpi: kpi, value: value, id: SecureRandom.uuid }
      answer = nil
      (@retries + 1).times do |tries|
        sleep(RETRY_PAUSE_S * 2**(tries - 1)) if tries.positive?
        answer = call(:convert, experiment, arguments)
        return true unless answer.is_a?(Failure)
        break if FINAL.include?(answer.code)
      end
      report(answer)
      false
    end

    private

    def parse(base_url)
      base = URI.parse(base_url)
      return base if base.is_a?(URI::HTTP) && !base.host.to_s.empty? && base.query.nil? && base.fragment.nil?

      raise ArgumentError, "Expected an http(s) base URL without query, got #{base_url.inspect}"
    rescue URI::InvalidURIError
      raise ArgumentError, "Expected an http(s) base URL without query, got #{base_url.inspect}"
    end

    # Not URI.decode_www_form, which raises for what any visitor may type.
    def forced_by_query(experiment)
      pairs = @query.delete_prefix("?").split("&").map { |pair| pair.split("=", 2) }
      _, value = pairs.find { |name, _| ClientId.decoded(name.to_s.tr("+", " ")) == "sixpack-force-#{experiment}" }
      value && ClientId.decoded(value.tr("+", " "))
    end

    # The parsed answer, or a Failure.
    def call(name, experiment, arguments)
      target = "#{@base.path.chomp("/")}/#{name}?#{URI.encode_www_form(arguments.compact)}"
      status, body = Transport.get(@base, target, @timeout)
      code, message = judge(status, body)
      code ? failure(code, name, experiment, message, status) : JSON.parse(body)
    rescue Transport::TooLate => error
      failure(:timeout, name, experiment, error.message)
    rescue Transport::Unreachable => error
      failure(:unreachable, name, experiment, error.message)
    rescue Transport::BrokenAnswer => error
      failure(:"bad-answer", name, experiment, error.message)
    end

    # Code and message of a fault, nil for a good answer.
    def judge(status, body)
      fields = fields_of(body)
      return if status.between?(200, 299) && fields["status"] == "ok"

      code = { 2 => :"bad-answer", 3 => :redirect, 4 => :rejected }.fetch(status / 100, :"server-error")
      [code, fields.fetch("message") { "Expected an answer, got status #{status}: #{body[0, 80]}" }.to_s]
    end

    def fields_of(body)
      parsed = JSON.parse(body)
      parsed.is_a?(Hash) ? parsed : {}
    rescue JSON::ParserError
      {}
    end

    def alternative_of(answer, alternatives)
      return if answer.is_a?(Failure)

      alternative = answer["alternative"]
      name = alternative["name"] if alternative.is_a?(Hash)
      name if alternatives.include?(name)
    end

    def unasked(experiment, alternatives)
      failure(:"bad-answer", :participate, experiment, "Expected one of #{alternatives.join(", ")}", 200)
    end

    def failure(code, call, experiment, message, status = nil)
      Failure.new(code: code, call: call, experiment: experiment, message: message, status: status)
    end

    def report(failure)
      @on_failure&.call(failure)
    rescue StandardError
      # A hook that raises must not change what the call returns.
      nil
    end
  end
end
