# frozen_string_literal: true

module SixpackAb
  # When a log last heard of each kind of failure.
  TOLD = {} # :nodoc:
  TELL_PAUSE_S = 60
  private_constant :TOLD, :TELL_PAUSE_S

  # A call that did not succeed; what the hook is given.
  #
  # code::       :timeout, :unreachable, :redirect, :rejected, :"server-error" or :"bad-answer"; docs/client-spec.md says when
  # call::       :participate, :convert or :link
  # experiment:: nil for a conversion or a link in every experiment
  # message::    for people: what was expected and what came, or the server's own words
  # status::     HTTP status, where there was an answer
  Failure = Struct.new(:code, :call, :experiment, :message, :status, keyword_init: true) do
    # A line for a log. What a server of another kind says has to be asked of its address.
    def warning(base_url)
      elsewhere = status == 404 || !%i[rejected server-error].include?(code)
      advice = ". Does Sixpack's API answer there?" if elsewhere
      "sixpack: #{call} of #{experiment || "every experiment"} at #{base_url}: #{code}, #{message}#{advice}"
    end

    # :nodoc: Yields the line where no failure of its kind, a call and a code at a base URL, was told in the last minute: a log hears
    # of an outage, not of each of its calls.
    def tell(base_url)
      kind = [base_url, call, code]
      now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      before = TOLD[kind]
      return if before && now - before < TELL_PAUSE_S

      TOLD[kind] = now
      yield warning(base_url)
    end

    # Whether sending the same again at once can't help.
    def final?
      %i[rejected redirect].include?(code)
    end
  end
end
