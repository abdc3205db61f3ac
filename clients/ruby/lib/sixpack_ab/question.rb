# frozen_string_literal: true

module SixpackAb
  # A participation: what is asked, and what an answer to it shows.
  class Question
    attr_reader :call

    # +forced+ is shown whatever the answer is, and is asked for only where it is recorded.
    def initialize(call, alternatives, forced, recorded)
      @call = call
      @alternatives = alternatives
      @forced = forced
      @asks = forced.nil? || recorded
    end

    # Whether a request is needed.
    def asks?
      @asks
    end

    def control
      @forced || @alternatives.first
    end

    # The alternative to show, or a Failure.
    def answer(judged)
      return judged if judged.is_a?(Failure)

      alternative = judged["alternative"]
      name = alternative["name"] if alternative.is_a?(Hash)
      return @forced || name if @alternatives.include?(name)

      call.failure(:"bad-answer", "Expected one of #{@alternatives.join(", ")}, got #{name.inspect}", 200)
    end
  end
end
