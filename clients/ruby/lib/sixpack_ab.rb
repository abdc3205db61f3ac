# frozen_string_literal: true

# Client of the Sixpack A/B testing server.
#
#   session = SixpackAb::Session.new("http://localhost:5000", client_id: "user-42")
#   session.participate("button", %w[red blue])
module SixpackAb
end

require_relative "sixpack_ab/failure"
require_relative "sixpack_ab/names"
require_relative "sixpack_ab/client_id"
require_relative "sixpack_ab/deadline"
require_relative "sixpack_ab/addresses"
require_relative "sixpack_ab/transport"
require_relative "sixpack_ab/server"
require_relative "sixpack_ab/call"
require_relative "sixpack_ab/question"
require_relative "sixpack_ab/batch"
require_relative "sixpack_ab/session"
require_relative "sixpack_ab/conversion_queue"
require_relative "sixpack_ab/middleware"
require_relative "sixpack_ab/railtie" if defined?(Rails::Railtie)
