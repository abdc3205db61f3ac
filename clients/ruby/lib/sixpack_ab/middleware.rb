# frozen_string_literal: true

module SixpackAb
  # For every Rack application: env["sixpack"] is the session of the request. Sets the cookie of a new client where the
  # session was used.
  #
  #   use SixpackAb::Middleware, "http://localhost:5000"
  #
  # A block gives settings that depend on the request: who is logged in, what was consented to, the real address. Failures
  # are warnings in the log of the framework (Rails.logger, rack.logger), else on rack.errors, unless +on_failure+ is given.
  class Middleware
    KEY = "sixpack"

    def initialize(app, base_url, **options, &per_request)
      Session.new(base_url, **options) # A mistake in the settings shows at the start.
      @app = app
      @base_url = base_url
      @options = options
      @per_request = per_request
    end

    def call(env)
      session = env[KEY] = session_of(env, @per_request&.call(env) || {})
      status, headers, body = @app.call(env)
      cookie = session.cookie_to_set
      headers = with_cookie(headers, cookie) if cookie
      [status, headers, body]
    end

    private

    # Settings of a request that break the rules cost neither its page, nor a consent: no cookie is set.
    def session_of(env, asked)
      warn = warning(env)
      options = { on_failure: ->(failure) { failure.tell(@base_url, &warn) }, **@options }
      Session.from_rack(@base_url, env, **options, **asked)
    rescue ArgumentError => error
      warn.call("sixpack: the settings of a request are not valid, so it has none of its own: #{error.message}")
      client_id = Session.from_rack(@base_url, env, **options).client_id
      Session.from_rack(@base_url, env, **options, client_id: client_id, storage: :none)
    end

    # Holds the log and not the request: a conversion that waits in a queue keeps its session.
    def warning(env)
      logger = env["rack.logger"] || env["action_dispatch.logger"]
      errors = env["rack.errors"]
      ->(line) { logger ? logger.warn(line) : errors&.puts(line) }
    end

    # Rack 3 has small letters and lists, Rack 2 lines.
    def with_cookie(headers, cookie)
      modern = defined?(::Rack::RELEASE) && ::Rack::RELEASE.to_i >= 3
      name = headers.keys.find { |key| key.casecmp?("set-cookie") } || (modern ? "set-cookie" : "Set-Cookie")
      others = headers[name]
      all = [*others, cookie]
      headers.merge(name => modern ? all : all.join("\n"))
    end
  end
end
