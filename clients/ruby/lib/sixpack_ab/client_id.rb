# frozen_string_literal: true

require "securerandom"
require "uri"

module SixpackAb
  # Who the client is: the cookie that every language shares, or a new UUID.
  module ClientId
    COOKIE = "sixpack_client_id"
    COOKIE_AGE_S = 34_560_000

    module_function

    def generate
      SecureRandom.uuid
    end

    # The client id in a Cookie header, nil where there is none.
    def from_cookie(header)
      # Rack hands over bytes.
      raw = header.dup.force_encoding(Encoding::UTF_8).scrub("")[/(?:\A|; *)#{COOKIE}=([^;]*)/, 1] or return nil
      id = decoded(raw)
      id if Names.client_id?(id)
    end

    def cookie_for(id, domain)
      value = URI.encode_www_form_component(id).gsub("+", "%20")
      "#{COOKIE}=#{value}; Path=/; Max-Age=#{COOKIE_AGE_S}; SameSite=Lax#{"; Domain=#{domain}" if domain}"
    end

    # Percent-decoded, or as it stands where that can't be done.
    def decoded(raw)
      return raw if raw.b.match?(/%(?!\h\h)/n)

      text = raw.b.gsub(/%(\h\h)/n) { $1.hex.chr }.force_encoding(Encoding::UTF_8)
      text.valid_encoding? ? text : raw
    end
  end
end
