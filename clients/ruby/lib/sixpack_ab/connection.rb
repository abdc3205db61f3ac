# frozen_string_literal: true

module SixpackAb
  module Transport
    # A socket each of whose reads and writes gets what is left of the whole call's time. Net::BufferedIO reads from it.
    class Connection
      # Of one answer with its head; that to the largest batch has a tenth of it.
      ANSWER_BYTES_MAX = 1_048_576

      class << self
        def open(host, port, secured, deadline)
          addresses = Addresses.of(host, port, deadline)
          socket = first_of(addresses, deadline) { |address| Addresses.prefer(host, port, address) }
          new(secured ? secure(socket, host, deadline) : socket)
        end

        private

        # The socket of the first address that accepts. Each gets its share of the time.
        def first_of(addresses, deadline)
          cause = SocketError.new("no address")
          addresses.each_with_index do |address, index|
            socket = connect(address, deadline.share(addresses.size - index - 1))
            yield address
            return socket
          rescue SystemCallError => error
            cause = error
          end
          cause.is_a?(Errno::ETIMEDOUT) ? deadline.late! : raise(cause)
        end

        def connect(address, seconds)
          socket = Socket.new(address.afamily, Socket::SOCK_STREAM)
          if socket.connect_nonblock(address, exception: false) == :wait_writable
            raise Errno::ETIMEDOUT unless socket.wait_writable(seconds)

            finish(socket, address)
          end
          socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
          connected = socket
        ensure
          socket&.close unless connected
        end

        def finish(socket, address)
          socket.connect_nonblock(address)
        rescue Errno::EISCONN
          nil
        end

        def secure(socket, host, deadline)
          secured = OpenSSL::SSL::SSLSocket.new(socket, context)
          secured.sync_close = true
          secured.hostname = host unless host.match?(/\A[\d.]+\z|:/)
          loop do
            case secured.connect_nonblock(exception: false)
            when :wait_readable then socket.wait_readable(deadline.left) || deadline.late!
            when :wait_writable then socket.wait_writable(deadline.left) || deadline.late!
            else break
            end
          end
          secured.post_connection_check(host)
          done = secured
        ensure
          socket.close unless done
        end

        def context
          @context ||= OpenSSL::SSL::SSLContext.new.tap(&:set_params)
        end
      end

      def initialize(socket)
        @socket = socket
      end

      # For the request that follows.
      def begin(deadline)
        @deadline = deadline
        @bytes_read = 0
      end

      # Whether any of an answer has come.
      def answered?
        @bytes_read.positive?
      end

      def write(text)
        rest = text.b
        until rest.empty?
          case written = @socket.write_nonblock(rest, exception: false)
          when Integer then rest = rest.byteslice(written..)
          else wait(written)
          end
        end
      end

      # What Net::BufferedIO calls. Waits itself, so that it never says that it would have to.
      def read_nonblock(size, buffer = nil, exception: true)
        loop do
          # Where there is always something to read nobody waits, and the time passes all the same.
          @deadline.left
          got = buffer ? @socket.read_nonblock(size, buffer, exception: false) : @socket.read_nonblock(size, exception: false)
          next wait(got) if got.is_a?(Symbol)

          count(got) if got
          return got if got || !exception

          raise EOFError, "end of file reached"
        end
      end

      # Whether an idle connection has something to say, which can only be that it is closed.
      def stale?
        !@socket.to_io.wait_readable(0).nil?
      end

      def close
        @socket.close
      rescue IOError, SystemCallError, OpenSSL::SSL::SSLError
        nil
      end

      def closed?
        @socket.closed?
      end

      def to_io
        @socket.to_io
      end

      private

      def count(text)
        @bytes_read += text.bytesize
        raise BrokenAnswer, "Expected at most #{ANSWER_BYTES_MAX} bytes, got more" if @bytes_read > ANSWER_BYTES_MAX
      end

      def wait(direction)
        ready = direction == :wait_readable ? to_io.wait_readable(@deadline.left) : to_io.wait_writable(@deadline.left)
        ready || @deadline.late!
      end
    end
  end
end
