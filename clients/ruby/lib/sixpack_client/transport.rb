# frozen_string_literal: true

require "net/http"
require "openssl"
require "timeout"

module SixpackClient
  # One HTTP request within one deadline, over connections that are kept alive and shared by all sessions.
  #
  # Net::HTTP knows a time-out per read, which a server that sends a byte now and then never meets; Timeout bounds the
  # whole call, and a connection that it interrupted is never used again.
  module Transport
    # Idle connections kept per process and server.
    CONNECTIONS_KEPT_MAX = 8
    # Net::HTTP would ask for a compressed body, whose length says nothing about what it is unpacked to.
    HEADERS = { "Accept-Encoding" => "identity" }.freeze

    # An answer that is not complete.
    class BrokenAnswer < StandardError; end
    # No connection, or one that ended before an answer began.
    class Unreachable < StandardError; end
    # No complete answer in time.
    class TooLate < StandardError; end

    UNREACHABLE = [SystemCallError, SocketError, IOError, OpenSSL::SSL::SSLError].freeze
    BROKEN = [Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError, Net::ProtocolError, Zlib::Error].freeze

    @idle = {}
    @lock = Mutex.new

    class << self
      # Status and body of GET +target+. Raises TooLate, Unreachable or BrokenAnswer.
      def get(base, target, timeout)
        Timeout.timeout(timeout, TooLate, "Expected an answer in #{timeout} s") do
          connection = take(base)
          begin
            # Closed at this very moment: that is no failure, a new one will do.
            return exchange(base, connection, target) if connection
          rescue Unreachable
            nil
          end
          exchange(base, connect(base), target)
        end
      end

      def idle_count
        @lock.synchronize { @idle.sum { |_, idle| idle.size } }
      end

      private

      def exchange(base, connection, target)
        answered = false
        response = connection.request(Net::HTTP::Get.new(target, HEADERS)) do |incoming|
          answered = true
          incoming.read_body
        end
        body = whole_body(response)
        done = true
        [response.code.to_i, body]
      rescue *UNREACHABLE => error
        raise BrokenAnswer, error.message if answered

        raise Unreachable, error.message
      rescue *BROKEN => error
        raise BrokenAnswer, error.message
      ensure
        done ? keep(base, connection) : close(connection)
      end

      # Net::HTTP takes a body that ends early for a whole one, and can't be told otherwise before Ruby 3.2.
      def whole_body(response)
        body = response.body.to_s
        expected = response.content_length || body.bytesize
        return body if body.bytesize == expected

        raise BrokenAnswer, "Expected a body of #{expected} bytes, got #{body.bytesize}"
      end

      def connect(base)
        http = Net::HTTP.new(base.host, base.port, nil)
        http.use_ssl = base.scheme == "https"
        http.max_retries = 0
        http.start
      rescue *UNREACHABLE => error
        raise Unreachable, error.message
      end

      # A forked process must not write to its parent's connections.
      def key(base)
        [Process.pid, base.scheme, base.host, base.port]
      end

      # Net::HTTP itself looks whether an idle connection has been closed, and then makes another.
      def take(base)
        @lock.synchronize { @idle[key(base)]&.pop }
      end

      def keep(base, connection)
        kept = connection.started? && @lock.synchronize do
          idle = (@idle[key(base)] ||= [])
          idle.push(connection) if idle.size < CONNECTIONS_KEPT_MAX
        end
        close(connection) unless kept
      end

      def close(connection)
        connection.finish if connection.started?
      rescue IOError
        nil
      end
    end
  end
end
