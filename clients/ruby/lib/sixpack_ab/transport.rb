# frozen_string_literal: true

require "net/http"
require "openssl"
require "socket"

module SixpackAb
  # One HTTP request within one deadline, over connections that are kept alive and shared by all sessions.
  #
  # Net::HTTP knows a time-out for each read, which a server that sends a byte now and then never meets, and Timeout
  # can't interrupt the look-up of a name. So sockets are ours, and only the answers are read by Net::HTTP's classes.
  module Transport
    # Idle connections kept per process and server.
    CONNECTIONS_KEPT_MAX = 8

    # An answer that is not complete. Its status is that of HTTP, nil where even that did not come.
    class BrokenAnswer < StandardError
      attr_accessor :status
    end
    # No connection, or one that ended before an answer began.
    class Unreachable < StandardError; end

    UNREACHABLE = [SystemCallError, SocketError, IOError, OpenSSL::SSL::SSLError].freeze
    BROKEN = [Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError, Net::ProtocolError, ArgumentError, Zlib::Error, BrokenAnswer].freeze

    @process = nil

    class << self
      # Status and body of the answer to a GET, or with a body to a POST of JSON.
      # Raises Deadline::TooLate, Unreachable or BrokenAnswer.
      def send(base, target, body, deadline, api_key = nil)
        request = request_of(base, target, body, api_key)
        kept = take(base)
        begin
          return exchange(base, kept, request, deadline) if kept
        rescue Unreachable
          # Closed while it was idle, or under the request: that is no failure, a new one will do.
          nil
        end
        exchange(base, connect(base, deadline), request, deadline)
      end

      # Closes what is kept: a connection that gave somebody else's answer is out of step.
      def forget(base)
        idle(base) { |connections| connections.slice!(0..) }.each(&:close)
      end

      def idle_count
        own_idle
        @lock.synchronize { @idle.sum { |_, connections| connections.size } }
      end

      private

      def request_of(base, target, body, api_key)
        port = base.port == base.default_port ? "" : ":#{base.port}"
        lines = ["#{body ? "POST" : "GET"} #{target} HTTP/1.1", "Host: #{base.host}#{port}", "Accept: application/json",
                 "Accept-Encoding: identity"]
        lines.push("Authorization: Bearer #{api_key}") if api_key
        lines.push("Content-Type: application/json", "Content-Length: #{body.bytesize}") if body
        "#{lines.join("\r\n")}\r\n\r\n#{body}"
      end

      def exchange(base, connection, request, deadline)
        connection.begin(deadline)
        connection.write(request)
        stream = Net::BufferedIO.new(connection)
        response = read_head(stream)
        response.reading_body(stream, true) { response.read_body }
        body = whole_body(response)
        keeps = keep_alive?(response)
        [response.code.to_i, body]
      rescue *UNREACHABLE, *BROKEN => error
        raise Unreachable, error.message unless connection.answered?

        raise BrokenAnswer.new(error.message).tap { |broken| broken.status = response&.code&.to_i }
      ensure
        keeps ? keep(base, connection) : connection.close
      end

      # An interim answer is passed over.
      def read_head(stream)
        response = Net::HTTPResponse.read_new(stream)
        response = Net::HTTPResponse.read_new(stream) while response.is_a?(Net::HTTPInformation)
        response
      end

      # Net::HTTP takes a body that ends early for a whole one, and can't be told otherwise before Ruby 3.2.
      def whole_body(response)
        body = response.body.to_s
        expected = response.content_length || body.bytesize
        return body if body.bytesize == expected

        raise BrokenAnswer, "Expected a body of #{expected} bytes, got #{body.bytesize}"
      end

      def keep_alive?(response)
        measured = response.chunked? || response.content_length
        measured && response.http_version == "1.1" && !response["connection"].to_s.match?(/close/i)
      end

      def connect(base, deadline)
        # Of an address of IPv6 the URL has brackets.
        Connection.open(base.hostname, base.port, base.scheme == "https", deadline)
      rescue *UNREACHABLE => error
        raise Unreachable, error.message
      end

      def take(base)
        while (connection = idle(base, &:pop))
          return connection unless connection.stale?

          connection.close
        end
      end

      def keep(base, connection)
        kept = idle(base) { |connections| connections.push(connection) if connections.size < CONNECTIONS_KEPT_MAX }
        connection.close unless kept
      end

      def idle(base)
        own_idle
        @lock.synchronize { yield(@idle[[base.scheme, base.host, base.port]] ||= []) }
      end

      # A connection belongs to the process that made it, and so does a lock that somebody holds. What was inherited is
      # not closed, which would end the connections of the parent.
      def own_idle
        return if @process == Process.pid

        @inherited = [@inherited, @idle]
        @lock = Mutex.new
        @idle = {}
        @process = Process.pid
      end
    end
  end
end

require_relative "connection"
