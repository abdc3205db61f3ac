# frozen_string_literal: true

module SixpackAb
  # A call that did not succeed; what the hook is given.
  #
  # code::       :timeout, :unreachable, :redirect, :rejected, :"server-error" or :"bad-answer"; docs/client-spec.md says when
  # call::       :participate, :convert or :link
  # experiment:: nil for a conversion or a link in every experiment
  # message::    for people: what was expected and what came, or the server's own words
  # status::     HTTP status, where there was an answer
  Failure = Struct.new(:code, :call, :experiment, :message, :status, keyword_init: true) do
    # A line for a log.
    def to_s
      "#{call} of #{experiment || "every experiment"}: #{code}, #{message}"
    end

    # Whether sending the same again at once can't help.
    def final?
      %i[rejected redirect].include?(code)
    end
  end
end
