# frozen_string_literal: true

# The middleware inside the real frameworks, with Debian's ruby-rack, ruby-sinatra and ruby-railties: `ruby run.rb`.

require "rack"
require "rack/mock"
require "rack/test"
require "sinatra/base"
require "action_controller/railtie"
require "action_view/testing/resolvers"
require_relative "../lib/sixpack_ab"
require_relative "../test/servers"

AGENT = "Mozilla/5.0"
OPTIONS = { cookie_domain: "example.com", timeout: 60 }.freeze

def same(expected, got)
  raise "Expected #{expected.inspect}, got #{got.inspect}" unless expected == got
end

# Shows the alternative, sets the cookie of a new client once beside those of others, and leaves other pages alone.
def check(token, app)
  get = lambda do |path, cookie|
    env = { "HTTP_USER_AGENT" => AGENT, "REMOTE_ADDR" => "203.0.113.7", "HTTP_HOST" => "example.com" }
    env["HTTP_COOKIE"] = cookie if cookie
    response = Rack::MockRequest.new(app).get(path, env)
    cookies = Array(response["Set-Cookie"]).flat_map { |text| text.split("\n") }
    [response.body, cookies]
  end
  body, cookies = get.call("/", nil)
  same("blue", body)
  same(%w[other sixpack_client_id], cookies.map { |cookie| cookie[/\A\w+/] }.sort)
  cookie = cookies.find { |text| text.start_with?("sixpack_client_id") }
  same(true, cookie.end_with?("; Path=/; Max-Age=34560000; SameSite=Lax; Domain=example.com"))
  pair = cookie.split(";").first
  same(["blue", 1], get.call("/", pair).then { |text, set| [text, set.size] })
  same(["other", []], get.call("/other", nil))
  first, second = MISBEHAVING.json("/requests/#{token}").map { |request| request["arguments"] }
  same(pair, "sixpack_client_id=#{first["client_id"].first}")
  same(first["client_id"], second["client_id"])
  same([[AGENT], ["203.0.113.7"]], [first["user_agent"], first["ip_address"]])
  puts "ok #{token}"
end

pages = lambda do |env|
  next [200, {}, ["other"]] unless env["PATH_INFO"] == "/"

  headers = {}
  Rack::Utils.set_cookie_header!(headers, "other", "1")
  [200, headers, [env["sixpack"].participate("button", %w[red blue])]]
end
check("rack", Rack::Lint.new(Rack::Builder.app do
  use SixpackAb::Middleware, "#{MISBEHAVING.url}/fine/rack", **OPTIONS
  run pages
end))

sinatra = Sinatra.new do
  use SixpackAb::Middleware, "#{MISBEHAVING.url}/fine/sinatra", **OPTIONS
  get("/") do
    response.set_cookie("other", "1")
    env["sixpack"].participate("button", %w[red blue])
  end
  get("/other") { "other" }
end
check("sinatra", sinatra)

LOG = StringIO.new

# What README.md shows of Rails, in order: configuration, routes, controller, view.
README = File.read("#{__dir__}/../README.md")[/^Rails,.*?^Both make/m].scan(/```\w+\n(.*?)```/m).flatten

# An application as `rails new` makes it, in one file.
class Pages < Rails::Application
  config.root = __dir__
  config.eager_load = false
  config.cache_classes = true # There are no files to watch.
  config.secret_key_base = "k" * 64
  config.hosts.clear
  config.logger = Logger.new(LOG)
  config.log_level = :warn
  class_eval(README[0].sub("http://localhost:5000", "#{MISBEHAVING.url}/fine/rails"))
  config.sixpack.options = { timeout: 60, cookie_domain: "example.com" }
  routes.append do
    get "login", to: "pages#login"
    constraints(host: "shop.example.com") { instance_eval(README[1]) }
    get "/", to: "pages#home", as: :home
    get "other", to: "pages#other"
  end
end

Pages.initialize!

class ApplicationController < ActionController::Base
  prepend_view_path(ActionView::FixtureResolver.new("shop/show.html.erb" => README[3]))
end
eval(README[2]) # rubocop:disable Security/Eval

class PagesController < ApplicationController
  def home
    cookies[:other] = "1"
    render inline: "<%= sixpack.participate('button', %w[red blue]) %>"
  end

  def other
    render plain: "other"
  end

  def login
    session[:user_id] = 7
    render plain: "hello"
  end
end

check("rails", Pages)
visitor = Rack::Test::Session.new(Pages)
same(true, visitor.get("http://shop.example.com/").body.include?("background: blue"))
same("http://shop.example.com/", visitor.post("http://shop.example.com/buy")["Location"])
visitor.get("http://shop.example.com/login")
visitor.get("http://shop.example.com/")
asked = MISBEHAVING.json("/requests/rails").last(3)
same(%w[/participate /convert /participate], asked.map { |request| request["path"] })
new, bought, known = asked.map { |request| request["arguments"] }
same(new["client_id"], bought["client_id"])
same([%w[purchase], %w[19.99]], [bought["kpi"], bought["value"]])
same(%w[user-7], known["client_id"])
same("", LOG.string)
failing = SixpackAb::Middleware.new(Pages.routes, "#{MISBEHAVING.url}/error-500/rails", timeout: 60)
same("red", Rack::MockRequest.new(failing).get("/", Pages.env_config).body)
same(1, LOG.string.scan(/sixpack: participate of button at .+: server-error, /).size)
puts "Rack #{Rack.release}, Sinatra #{Sinatra::VERSION}, Rails #{Rails.version}, Ruby #{RUBY_VERSION}"
MISBEHAVING.stop
