# frozen_string_literal: true

module SixpackAb
  # For Rails: `config.sixpack.url`, and `config.sixpack.options` with settings of Session. Controllers and views have
  # the session of the request as `sixpack`.
  class Railtie < Rails::Railtie
    config.sixpack = ActiveSupport::OrderedOptions.new

    initializer "sixpack" do |app|
      settings = app.config.sixpack
      app.middleware.use(Middleware, settings.url, **(settings.options || {}), &settings.per_request) if settings.url
      ActiveSupport.on_load(:action_controller_base) do
        include Controller
        helper_method :sixpack
      end
      ActiveSupport.on_load(:action_controller_api) { include Controller }
    end

    # The one method that controllers get.
    module Controller
      def sixpack
        request.env.fetch(Middleware::KEY)
      end
    end
  end
end
