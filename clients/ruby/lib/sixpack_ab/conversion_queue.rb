# frozen_string_literal: true

module SixpackAb
  # A queue for conversions: they wait in memory until the server has them, so that an outage loses none and makes no
  # visitor wait. Each keeps its id however often it is sent, so the server counts it once.
  #
  #   queue = SixpackAb::ConversionQueue.new
  #   queue.convert(session, "button", "purchase", 19.99)
  #
  # One for a process: it takes the conversions of any session, and sends them from a thread of its own. What is given to
  # it is sent, or reported to the +on_failure+ of its session, from that thread.
  class ConversionQueue
    # Most conversions that wait; the oldest goes first.
    CONVERSIONS_MAX = 10_000
    # Longest time that a conversion waits, in seconds: a day.
    AGE_S_MAX = 86_400
    # First pause before the server is tried again, in seconds; each further one is twice as long.
    RETRY_S_MIN = 1.0
    RETRY_S_MAX = 60.0
    # Of refusals those that say: not now.
    TEMPORARY = [408, 425, 429].freeze

    Waiting = Struct.new(:session, :call, :since)
    private_constant :Waiting

    # Whoever begins anew in a fork. Ruby takes locks from threads that did not come along.
    FORKED = Mutex.new
    private_constant :FORKED

    # exit_timeout:: longest time that the end of the process waits for the server, in seconds
    def initialize(exit_timeout: 5)
      @exit_timeout = exit_timeout
      start_anew
      at_exit { close }
    end

    # Takes a conversion, as Session#convert does, and returns at once. Raises ArgumentError for arguments that break the rules.
    def convert(session, experiment, kpi = nil, value = nil)
      call = session.conversion(experiment, kpi, value) or return
      start_anew_in_a_fork
      lost = @lock.synchronize do
        oldest = @waiting.shift if @waiting.size >= CONVERSIONS_MAX
        @waiting.push(Waiting.new(session, call, Deadline.now))
        @thread = Thread.new { work } unless @thread&.alive?
        @changed.broadcast
        oldest
      end
      drop(lost, "Expected at most #{CONVERSIONS_MAX} conversions to wait") if lost
      nil
    end

    # Conversions that wait, the one being sent among them.
    def size
      start_anew_in_a_fork
      @lock.synchronize { @waiting.size }
    end

    # Sends at once what waits, and returns whether nothing waits any more. Returns after +timeout+ seconds at the latest.
    def flush(timeout = nil)
      start_anew_in_a_fork
      ends_at = timeout && Deadline.now + timeout
      @lock.synchronize do
        @due_at = 0
        @changed.broadcast
        until @waiting.empty?
          left = ends_at && ends_at - Deadline.now
          break if left && left <= 0

          @changed.wait(@lock, left)
        end
        @waiting.empty?
      end
    end

    # The same at the end of the process, with +exit_timeout+; what is left then is reported.
    def close
      flush(@exit_timeout)
      left = @lock.synchronize { @waiting.slice!(0..) }
      left.each { |waiting| drop(waiting, "Expected the server before the process ended") }
    end

    private

    def start_anew
      @lock = Mutex.new
      @changed = ConditionVariable.new
      @waiting = []
      @thread = nil
      @due_at = 0
      @pause = RETRY_S_MIN
      # Last: other threads take the rest as it is then.
      @process = Process.pid
    end

    # What waits was given to the parent, whose thread sends it. Its lock may be held by a thread that isn't here.
    def start_anew_in_a_fork
      return if @process == Process.pid

      FORKED.synchronize { start_anew unless @process == Process.pid }
    end

    def work
      loop do
        waiting = @lock.synchronize do
          while @waiting.empty? || Deadline.now < @due_at
            @changed.wait(@lock, @waiting.empty? ? nil : [@due_at - Deadline.now, 0.001].max)
          end
          @waiting.first
        end
        try(waiting)
      end
    end

    # Sends one, and puts it at the end where the server is away: others may be luckier.
    def try(waiting)
      failure = deliver(waiting)
      comes_back = failure && temporary?(failure) && Deadline.now - waiting.since < AGE_S_MAX
      mine = @lock.synchronize do
        # Else it was pushed out, or dropped at the end, and reported then.
        next false unless @waiting.first.equal?(waiting)

        @waiting.shift
        comes_back ? wait_with(waiting) : @pause = RETRY_S_MIN
        @changed.broadcast
        true
      end
      waiting.session.report(failure) if mine && failure && !comes_back
    end

    def wait_with(waiting)
      @waiting.push(waiting)
      @due_at = Deadline.now + @pause
      @pause = [@pause * 2, RETRY_S_MAX].min
    end

    # The thread is for all of them: none may end it.
    def deliver(waiting)
      waiting.session.deliver(waiting.call)
    rescue StandardError => error
      waiting.call.failure(:unreachable, error.message)
    end

    def temporary?(failure)
      !failure.final? || TEMPORARY.include?(failure.status)
    end

    def drop(waiting, message)
      waiting.session.report(waiting.call.failure(:unreachable, message))
    end
  end
end
