# frozen_string_literal: true

require "socket"

module SixpackAb
  # Host names to addresses, within a deadline: getaddrinfo knows none, so threads wait for it, one for each name.
  module Addresses
    # How long addresses are used before the name is looked up again, in seconds.
    AGE_S_MAX = 30

    @process = nil

    class << self
      # Raises SocketError for a name that has none, Deadline::TooLate when the resolver says nothing.
      def of(host, port, deadline)
        numeric(host, port) || begin
          key = [host, port]
          addresses, at = state { @known[key] }
          next_to_use = addresses if addresses && Deadline.now - at < AGE_S_MAX
          # What was found last is better than nothing where the resolver is silent.
          next_to_use || look_up(key, addresses ? deadline.left / 2 : deadline.left) || addresses || deadline.late!
        end
      end

      # An address that accepted is the first to be tried the next time.
      def prefer(host, port, address)
        state do
          addresses, at = @known[[host, port]]
          @known[[host, port]] = [[address] + (addresses - [address]), at] if addresses
        end
      end

      private

      def numeric(host, port)
        Addrinfo.getaddrinfo(host, port, nil, :STREAM, nil, Socket::AI_NUMERICHOST)
      rescue SocketError
        nil
      end

      # Addresses, or nil after +seconds+.
      def look_up(key, seconds)
        thread = state { @running[key] ||= start(key) }
        return unless thread.join(seconds)

        found = thread.value
        raise found if found.is_a?(SocketError)

        found
      end

      def start(key)
        Thread.new do
          found = Addrinfo.getaddrinfo(*key, nil, :STREAM)
          state { @known[key] = [found, Deadline.now] }
          found
        rescue StandardError => error
          error.is_a?(SocketError) ? error : SocketError.new(error.message)
        ensure
          state { @running.delete(key) }
        end
      end

      # A thread that waits does not come along when the process forks, nor does whoever holds the lock.
      def state(&block)
        unless @process == Process.pid
          @lock = Mutex.new
          @known = {}
          @running = {}
          @process = Process.pid
        end
        @lock.synchronize(&block)
      end
    end
  end
end
