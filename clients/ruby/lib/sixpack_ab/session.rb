# frozen_string_literal: true

require "json"
require "uri"

module SixpackAb
  # One client of the tests, and the calls it makes. docs/client-spec.md is the contract.
  class Session
    # First pause before a conversion or a link is tried again, in seconds; each further one is twice as long.
    RETRY_PAUSE_S = 0.1
    # A day.
    TIMEOUT_S_MAX = 86_400

    # The session of a Rack request: cookie, query, address of the connection and user agent come from there.
    def self.from_rack(base_url, env, **options)
      found = {
        cookie: env["HTTP_COOKIE"], query: env["QUERY_STRING"],
        ip_address: env["REMOTE_ADDR"], user_agent: env["HTTP_USER_AGENT"]
      }
      new(base_url, **found, **options)
    end

    # base_url::      of the server, with its mount path if it has one
    # client_id::     who is randomised; else the one in +cookie+, a Cookie header, else a new UUID
    # query::         the query string of the page, for ?sixpack-force-NAME=ALTERNATIVE
    # ip_address::    of the visitor; forwarded, like +user_agent+
    # timeout::       longest time of one call, in seconds
    # retries::       how often a conversion or a link is tried again
    # on_failure::    called with a Failure for everything that went wrong; what it raises is ignored. Else a warning on $stderr
    # cookie_domain:: of the cookie, for sites whose hosts (www., shop.) share their visitors
    # storage::       :none reads and sets no cookie, as before consent; :cookie unless a client id is given
    # segments::      parts of the visitors that this one belongs to, by dimension: { plan: "pro" }
    # api_key::       for an open server, one of its api_keys; sent in a header
    #
    # Raises ArgumentError for a setting that is not valid.
    def initialize(base_url, client_id: nil, cookie: nil, query: nil, ip_address: nil, user_agent: nil,
                   timeout: 0.5, retries: 2, on_failure: nil, cookie_domain: nil, storage: nil, api_key: nil, segments: {})
      @base = parse(base_url)
      expect(Names.number?(timeout) && timeout > 0 && timeout <= TIMEOUT_S_MAX, "a time-out of more than 0 s and at most a day", timeout)
      expect(retries >= 0, "0 or more retries", retries)
      expect([nil, :cookie, :none].include?(storage), "the storage :cookie or :none", storage)
      expect(cookie_domain.nil? || cookie_domain.match?(/\A[A-Za-z0-9.-]+\z/), "a cookie domain like example.com", cookie_domain)
      Names.check_api_key(api_key)
      kept = ClientId.from_cookie(cookie.to_s) unless storage == :none
      @client_id = Names.utf8(client_id) || kept || ClientId.generate
      expect(Names.client_id?(@client_id), "a client id of 1 to 1024 characters", client_id)
      @base_url = base_url.sub(%r{/+\z}, "")
      @server = Server.at(@base_url)
      @sets_cookie = (storage || (client_id ? :none : :cookie)) == :cookie && kept != @client_id
      @cookie_domain = cookie_domain
      @query = query.to_s.b
      @visitor = { client_id: @client_id, ip_address: Names.ornament(ip_address), user_agent: Names.ornament(user_agent) }
      segments.each_key { |dimension| Names.check_name("a dimension", dimension.to_s) }
      @segments = segments.to_h { |dimension, value| [:"segment.#{dimension}", Names.ornament(value)] }
      @api_key = api_key
      @timeout = timeout
      @retries = retries
      @on_failure = on_failure
      @used = false
      @shown_by_force = {}
    end

    def client_id
      @used = true
      @client_id
    end

    # Value of a Set-Cookie header that makes a browser keep the client id.
    def set_cookie
      ClientId.cookie_for(@client_id, @cookie_domain)
    end

    # The same where the response at hand needs it, else nil: for a new client, once its session was used.
    def cookie_to_set
      set_cookie if @used && @sets_cookie
    end

    # The alternative this client gets; the first one, the control, on any failure.
    #
    # traffic_fraction:: share of clients that take part, in (0, 1]; nil leaves the stored one alone
    # weights::          one per alternative; they count when the experiment is made
    # covariate::        a number about the client from before the test, such as its orders of the last 90 days, from -1e12
    #                    to 1e12; the server keeps that of the first participation. nil where nothing is known
    # prefetch::         asks without taking part
    # force::            the alternative to return, without a request unless +record_force+; ignored when it isn't one
    #
    # Raises ArgumentError for arguments that break the rules, never for what happens on the network.
    def participate(experiment, alternatives, traffic_fraction: nil, weights: nil, covariate: nil, prefetch: false,
                    force: nil, record_force: false)
      options = { traffic_fraction: traffic_fraction, weights: weights, covariate: covariate, prefetch: prefetch, force: force,
                  record_force: record_force }
      ask(question(experiment, alternatives, **options), Deadline.new(@timeout))
    end

    # What participate would return for each experiment, in one request and one time-out. Options are for all of them.
    def participate_all(experiments, **options)
      questions = experiments.to_h { |name, alternatives| [name, question(name.to_s, alternatives, **options)] }
      deadline = Deadline.new(@timeout)
      replies = ask_together(questions.values.select(&:asks?), deadline)
      questions.transform_values { |question| ask(question, deadline, replies[question]) }
    end

    # Whether the server has the conversion, after retries. With nil as experiment it counts on every one of this client.
    # Where the alternative was forced, and not recorded, nothing is sent.
    #
    # Raises ArgumentError for arguments that break the rules, never for what happens on the network.
    def convert(experiment, kpi = nil, value = nil)
      call = conversion(experiment, kpi, value) or return false
      deliver_patiently(call)
    end

    # After a login: the id of this session and the one that the visitor had before are one person's. Whether the server
    # has it, after retries. Without experiment that holds in every one that knows one of the two.
    #
    # Raises ArgumentError for arguments that break the rules, never for what happens on the network.
    def link(previous_id, experiment = nil)
      previous = Names.utf8(previous_id)
      expect(Names.client_id?(previous), "a client id of 1 to 1024 characters", previous_id)
      Names.check_experiment(experiment) unless experiment.nil?
      @used = true
      deliver_patiently(Call.new(:link, { client_id: @client_id, previous_id: previous, experiment: Names.utf8(experiment) }))
    end

    # For queues: what a conversion sends, nil where the server could only refuse.
    def conversion(experiment, kpi, value) # :nodoc:
      Names.check_experiment(experiment) unless experiment.nil?
      Names.check_name("a KPI", kpi) unless kpi.nil?
      Names.check_number("a value", value)
      @used = true
      return if @shown_by_force.key?(experiment)

      Call.new(:convert, { experiment: Names.utf8(experiment), **@visitor, kpi: kpi, value: writable(value), id: SecureRandom.uuid })
    end

    # For queues: sends a conversion (or a link) once, whatever is known of the server: no page waits for it. A Failure, or nil.
    def deliver(call) # :nodoc:
      judged = judge(call, send_request(call.target, Deadline.new(@timeout), call.body))
      judged if judged.is_a?(Failure)
    end

    # For queues: tells the hook.
    def report(failure) # :nodoc:
      @on_failure ? @on_failure.call(failure) : failure.tell(@base_url) { |line| warn(line) }
    rescue StandardError, ScriptError
      # A hook that raises must not change what the call returns.
      nil
    end

    private

    def expect(held, expected, got)
      raise ArgumentError, "Expected #{expected}, got #{got.inspect}" unless held
    end

    # A checked number of any kind (BigDecimal, Rational) as one that can be written.
    def writable(number)
      number.is_a?(Integer) ? number : number&.to_f
    end

    def parse(base_url)
      base = URI.parse(base_url)
      # A port above the last one would be taken for another, which is there.
      is_there = base.is_a?(URI::HTTP) && !base.host.to_s.empty? && base.port.between?(1, 65_535)
      return base if is_there && !base_url.match?(/[?#@]/)

      raise URI::InvalidURIError
    rescue URI::InvalidURIError
      # What stands before an @ may be a password.
      shown = base_url.to_s.sub(/.*@/m, "@")
      raise ArgumentError, "Expected an http(s) base URL without user or query, got #{shown.inspect}", cause: nil
    end

    def question(experiment, alternatives, traffic_fraction: nil, weights: nil, covariate: nil, prefetch: false,
                 force: nil, record_force: false)
      Names.check_experiment(experiment)
      Names.check_alternatives(alternatives)
      Names.check_traffic_fraction(traffic_fraction)
      Names.check_weights(weights, alternatives.size)
      Names.check_number("a covariate", covariate)
      @used = true
      wished = force || forced_by_query(experiment)
      forced = wished if alternatives.include?(wished)
      call = Call.new(:participate, {
                        experiment: Names.utf8(experiment), alternatives: alternatives, **@visitor, **@segments,
                        traffic_fraction: writable(traffic_fraction), weights: weights&.map { |weight| writable(weight) },
                        covariate: writable(covariate),
                        prefetch: prefetch || nil, force: forced, record_force: forced && true
                      })
      question = Question.new(call, alternatives, forced, record_force)
      question.asks? ? @shown_by_force.delete(experiment) : @shown_by_force[experiment] = true
      question
    end

    # Not URI.decode_www_form, which raises for what any visitor may type.
    def forced_by_query(experiment)
      pairs = @query.delete_prefix("?").split("&").map { |pair| pair.split("=", 2) }
      _, value = pairs.find { |name, _| ClientId.decoded(name.to_s.tr("+", " ")) == "sixpack-force-#{experiment}" }
      value && ClientId.decoded(value.tr("+", " "))
    end

    # Replies by question; none where each has to be asked alone.
    def ask_together(questions, deadline)
      return {} if questions.size < 2

      Batch.of(questions).each_with_object({}) do |part, replies|
        return replies unless @server.takes_batches

        reply = send_unless_silent("/batch", deadline, Batch.body(part))
        Batch.unknown?(reply) ? @server.takes_batches = false : replies.update(Batch.replies(reply, part))
      end
    end

    def ask(question, deadline, known = nil)
      return question.control unless question.asks?

      answer = question.answer(judge(question.call, known || send_unless_silent(question.call.target, deadline)))
      return answer unless answer.is_a?(Failure)

      report(answer)
      question.control
    end

    def deliver_patiently(call)
      failure = deliver(call)
      @retries.times do |tries|
        break if failure.nil? || failure.final?

        sleep(RETRY_PAUSE_S * 2**tries)
        failure = deliver(call)
      end
      report(failure) if failure
      failure.nil?
    end

    def judge(call, reply)
      judged = call.judge(reply)
      Transport.forget(@base) if judged.is_a?(Failure) && judged.code == :"bad-answer"
      judged
    end

    def send_unless_silent(target, deadline, body = nil)
      return Reply.new(code: :unreachable, message: "Expected an answer, got none just now, so not asked") if @server.silent?

      send_request(target, deadline, body)
    end

    def send_request(target, deadline, body = nil)
      status, text = Transport.send(@base, @base.path.sub(%r{/+\z}, "") + target, body, deadline, @api_key)
      @server.answered
      reply_of(status, text)
    rescue Deadline::TooLate => error
      @server.was_silent(deadline.began_at)
      Reply.new(code: :timeout, message: error.message)
    rescue Transport::Unreachable => error
      @server.was_silent(deadline.began_at)
      Reply.new(code: :unreachable, message: error.message)
    rescue Transport::BrokenAnswer => error
      # By its status, of which a body would not have changed the meaning.
      Reply.new(code: (:"bad-answer" unless error.status), status: error.status, fields: {}, message: error.message)
    end

    def reply_of(status, text)
      parsed = JSON.parse(text)
      Reply.new(status: status, fields: parsed.is_a?(Hash) ? parsed : {})
    rescue JSON::JSONError, EncodingError
      Reply.new(status: status, fields: {}, message: "Expected an answer, got status #{status}: #{text[0, 80].inspect}")
    end
  end
end
