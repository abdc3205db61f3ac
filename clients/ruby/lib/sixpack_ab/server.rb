# frozen_string_literal: true

module SixpackAb
  # What this process knows of a server: that it was silent just now, and that it takes no batches.
  class Server
    # How long nobody waits for a server that was silent, in seconds: a page with five experiments waits once.
    SILENCE_S = 2

    # By base URL, of which a program has few.
    @known = {}

    def self.at(base_url)
      @known[base_url] ||= new
    end

    attr_accessor :takes_batches

    def initialize
      @takes_batches = true
      @answered_at = @silent_until = 0
    end

    def silent?
      Deadline.now < @silent_until
    end

    def answered
      @answered_at = Deadline.now
      @silent_until = 0
    end

    # A call that began +since+ got no answer. Where others did meanwhile, it was a slow one among them.
    def was_silent(since)
      @silent_until = Deadline.now + SILENCE_S if @answered_at <= since
    end
  end
end
