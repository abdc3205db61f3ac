# frozen_string_literal: true

Gem::Specification.new do |spec|
  spec.name = "sixpack_ab"
  spec.version = "0.1.0"
  spec.summary = "Client of the Sixpack A/B testing server, without dependencies"
  spec.authors = ["The Sixpack authors"]
  spec.license = "BSD-2-Clause"
  spec.required_ruby_version = ">= 3.1"
  spec.files = Dir["lib/**/*.rb", "sig/**/*.rbs"] + ["README.md", "LICENSE"]
  spec.homepage = "https://github.com/sixpack-ab/sixpack"
  spec.metadata["source_code_uri"] = spec.homepage
  spec.metadata["bug_tracker_uri"] = "#{spec.homepage}/issues"
  spec.metadata["changelog_uri"] = "#{spec.homepage}/blob/main/CHANGELOG.md"
  spec.metadata["rubygems_mfa_required"] = "true"
end
