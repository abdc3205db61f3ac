# frozen_string_literal: true

require "json"
require "net/http"

CONFORMANCE = File.expand_path("../../../conformance", __dir__)

# A server of the conformance cases: a program that prints its port and ends when its stdin closes.
class Server
  attr_reader :url, :port

  def self.misbehaving
    new("conformance/misbehaving-server.mjs")
  end

  # With a folder, a server that finds what an earlier one kept there.
  def self.real(port = 0, *folder)
    new("--import", "tsx", "conformance/real-server.ts", port.to_s, *folder)
  end

  def initialize(*arguments)
    @io = IO.popen(["node", *arguments], "r+", chdir: File.dirname(CONFORMANCE))
    @port = Integer(@io.gets)
    @url = "http://127.0.0.1:#{@port}"
    # Minitest runs its tests when the program ends, after what is registered later.
    defined?(Minitest) ? Minitest.after_run { stop } : at_exit { stop }
  end

  def stop
    @io.close unless @io.closed?
  end

  def json(path)
    JSON.parse(Net::HTTP.get(URI(@url + path)))
  end
end

MISBEHAVING = Server.misbehaving
REAL = Server.real
