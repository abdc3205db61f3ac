# frozen_string_literal: true

require "json"
require "net/http"

CONFORMANCE = File.expand_path("../../../conformance", __dir__)

# A server of the conformance cases: a program that prints its port and ends when its stdin closes.
class Server
  attr_reader :url

  def self.misbehaving
    new("conformance/misbehaving-server.mjs")
  end

  def self.real
    new("--import", "tsx", "conformance/real-server.ts")
  end

  def initialize(*arguments)
    @io = IO.popen(["node", *arguments], "r+", chdir: File.dirname(CONFORMANCE))
    @url = "http://127.0.0.1:#{Integer(@io.gets)}"
    Minitest.after_run { @io.close }
  end

  def json(path)
    JSON.parse(Net::HTTP.get(URI(@url + path)))
  end
end

MISBEHAVING = Server.misbehaving
REAL = Server.real
