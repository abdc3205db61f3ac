# frozen_string_literal: true

module SixpackAb
  # The rules that arguments must keep before anything is sent. Breaking one is a mistake in the program: ArgumentError.
  module Names
    NAME = /\A[A-Za-z0-9][A-Za-z0-9_-]{0,254}\z/
    # The server's rule: any text it can keep unchanged, but for the two that browsers take for a step in a path.
    EXPERIMENT = /\A(?!\.{1,2}\z)[^\u0000-\u001f\u007f-\u009f]{1,255}\z/
    ALTERNATIVES_MAX = 100
    VALUE_MAX = 1e12
    # In UTF-16 code units, as the server counts.
    CLIENT_ID_LENGTH_MAX = 1024
    # Of a user agent or an address, in characters: the server takes URLs of 16 KiB.
    ORNAMENT_LENGTH_MAX = 512

    module_function

    def check_name(what, name)
      return if name.is_a?(String) && NAME.match?(name.b)

      raise ArgumentError, "Expected #{what} of 1 to 255 letters, digits, - or _, got #{name.inspect}"
    end

    # Bytes go out as they are, so they are what has to be UTF-8.
    def check_experiment(name)
      utf8 = name.is_a?(String) ? name.dup.force_encoding(Encoding::UTF_8) : nil
      return if utf8&.valid_encoding? && EXPERIMENT.match?(utf8)

      raise ArgumentError,
            "Expected an experiment of 1 to 255 characters without control characters, not . or .., got #{name.inspect}"
    end

    def check_alternatives(names)
      unless names.is_a?(Array) && names.size.between?(2, ALTERNATIVES_MAX) && names.uniq.size == names.size
        raise ArgumentError, "Expected 2 to #{ALTERNATIVES_MAX} different alternatives, got #{names.inspect}"
      end
      names.each { |name| check_name("an alternative", name) }
    end

    def check_traffic_fraction(fraction)
      return if fraction.nil? || (number?(fraction) && fraction > 0 && fraction <= 1)

      raise ArgumentError, "Expected a traffic fraction in (0, 1], got #{fraction.inspect}"
    end

    def check_weights(weights, alternatives)
      return if weights.nil? || (weights.size == alternatives && weights.all? { |weight| number?(weight) && weight >= 0 })

      raise ArgumentError, "Expected a weight per alternative, none negative, got #{weights.inspect}"
    end

    def check_number(what, value)
      return if value.nil? || (number?(value) && value.abs <= VALUE_MAX)

      raise ArgumentError, "Expected #{what} from -1e12 to 1e12, got #{value.inspect}"
    end

    # It is not repeated: messages go to logs.
    def check_api_key(key)
      return if key.nil? || (key.is_a?(String) && /\A[!-~]+\z/.match?(key.b))

      raise ArgumentError, "Expected an API key of letters, digits and signs, got another text"
    end

    # A user agent or an address as it can be sent, nil for none: what visitors send is bytes, and must not cost a call.
    def ornament(text)
      valid = text.to_s.dup.force_encoding(Encoding::UTF_8).scrub("\uFFFD").delete("\0")[0, ORNAMENT_LENGTH_MAX]
      valid unless valid.empty?
    end

    # Bytes go out as they are: here they are called what they have to be.
    def utf8(text)
      text.is_a?(String) ? text.dup.force_encoding(Encoding::UTF_8) : text
    end

    def number?(value)
      value.is_a?(Numeric) && value.real? && value.finite?
    end

    def client_id?(text)
      text.is_a?(String) && !text.empty? && text.valid_encoding? && !text.include?("\0") &&
        text.encode("UTF-16LE").bytesize / 2 <= CLIENT_ID_LENGTH_MAX
    end
  end
end
