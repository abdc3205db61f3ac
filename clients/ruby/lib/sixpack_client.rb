# frozen_string_literal: true

# Client of the Sixpack A/B testing server.
#
#   session = SixpackClient::Session.new("http://localhost:5000", client_id: "user-42")
#   session.participate("button", %w[red blue])
module SixpackClient
end

require_relative "sixpack_client/failure"
require_relative "sixpack_client/names"
require_relative "sixpack_client/client_id"
require_relative "sixpack_client/transport"
require_relative "sixpack_client/session"
