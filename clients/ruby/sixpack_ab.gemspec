# frozen_string_literal: true

Gem::Specification.new do |spec|
  spec.name = "sixpack_ab"
  spec.version = "0.1.0"
  spec.summary = "Client of the Sixpack A/B testing server, without dependencies"
  spec.authors = ["The Sixpack authors"]
  spec.license = "BSD-2-Clause"
  spec.required_ruby_version = ">= 3.1"
  spec.files = Dir["lib/**/*.rb", "sig/**/*.rbs"] + ["README.md", "LICENSE"]
  spec.metadata["rubygems_mfa_required"] = "true"
end
