# frozen_string_literal: true

require "json"
require "uri"

module SixpackAb
  # What came of a request: the fields of an answer with its status, or the code of a failure and its message.
  Reply = Struct.new(:status, :fields, :code, :message, keyword_init: true)

  # A call of one client: what is sent, and whether an answer is one to it.
  class Call
    attr_reader :name, :arguments

    # Arguments that are nil are not sent.
    def initialize(name, arguments)
      @name = name
      @arguments = arguments.compact
    end

    def experiment
      arguments[:experiment]
    end

    # What a POST of this call alone sends; nil for a GET.
    def body
      JSON.generate(arguments) if post?
    end

    def target
      return "/#{name}" if post?

      "/#{name}?#{URI.encode_www_form(arguments)}"
    end

    # The fields of a good answer, or a Failure.
    def judge(reply)
      return failure(reply.code, reply.message) if reply.code

      if reply.status.between?(200, 299) && reply.fields["status"] == "ok"
        stranger = stranger_in(reply.fields)
        return stranger ? failure(:"bad-answer", stranger, reply.status) : reply.fields
      end

      code = { 2 => :"bad-answer", 3 => :redirect, 4 => :rejected }.fetch(reply.status / 100, :"server-error")
      failure(code, (reply.fields["message"] || reply.message || "Expected an answer, got status #{reply.status}").to_s, reply.status)
    end

    def failure(code, message, status = nil)
      Failure.new(code: code, call: name, experiment: experiment, message: message, status: status)
    end

    private

    def post?
      name == :link
    end

    # Why the answer is somebody else's. A robot's conversion is answered without names.
    def stranger_in(fields)
      about = fields["experiment"]
      named = { client_id: fields["client_id"], experiment: about.is_a?(Hash) ? about["name"] : nil }
      named.each do |argument, got|
        asked = arguments[argument]
        next if asked.nil? || got.nil? || got == asked

        return "Expected the answer of #{argument} #{asked.inspect}, got that of #{got.inspect}"
      end
      nil
    end
  end
end
