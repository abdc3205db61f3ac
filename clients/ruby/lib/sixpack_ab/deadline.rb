# frozen_string_literal: true

module SixpackAb
  # One deadline around everything that a call does.
  class Deadline
    # No complete answer in time.
    class TooLate < StandardError; end

    attr_reader :began_at

    def self.now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    def initialize(seconds)
      @seconds = seconds
      @began_at = Deadline.now
    end

    # Seconds, more than none. Raises TooLate when none are left.
    def left
      seconds = @began_at + @seconds - Deadline.now
      seconds.positive? ? seconds : late!
    end

    # What one of several attempts may take, so that those after it get their turn.
    def share(others)
      left / [others + 1, 3].min
    end

    def late!
      raise TooLate, "Expected an answer in #{@seconds} s"
    end
  end
end
