# frozen_string_literal: true

require "json"

module SixpackAb
  # Several participations in one request.
  module Batch
    CALLS_MAX = 100
    # The server takes bodies of 64 KiB.
    BYTES_MAX = 60_000

    module_function

    # As many to a request as the server takes.
    def of(questions)
      bytes = 0
      questions.each_with_object([]) do |question, parts|
        length = body([question]).bytesize
        if parts.empty? || parts.last.size == CALLS_MAX || bytes + length > BYTES_MAX
          parts.push([])
          bytes = 0
        end
        parts.last.push(question)
        bytes += length
      end
    end

    def body(questions)
      JSON.generate(calls: questions.map { |question| { question.call.name => question.call.arguments } })
    end

    # Whether the server knows none. Other refusals, a 429 among them, are those of the calls.
    def unknown?(reply)
      [404, 405, 415].include?(reply.status)
    end

    # The reply to each call. A batch that failed as a whole is that failure for each.
    def replies(reply, questions)
      fine = reply.code.nil? && reply.status.between?(200, 299) && reply.fields["status"] == "ok"
      return questions.to_h { |question| [question, reply] } unless fine

      answers = Array(reply.fields["answers"])
      questions.each_with_index.to_h { |question, index| [question, single(answers[index], reply.status)] }
    end

    def single(answer, status)
      return Reply.new(status: answer["http_status"], fields: answer) if answer.is_a?(Hash) && answer["http_status"].is_a?(Integer)

      Reply.new(status: status, fields: {}, message: "Expected an answer for each call of a batch")
    end
  end
end
