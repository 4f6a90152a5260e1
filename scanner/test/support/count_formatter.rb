# frozen_string_literal: true

require "rspec/core"
require "rspec/core/formatters/progress_formatter"

# RSpec's own output, then one line that says how many passed. A test that did not run is a failed one.
class CountFormatter < RSpec::Core::Formatters::ProgressFormatter
  RSpec::Core::Formatters.register self, :close

  def self.run(files)
    RSpec::Core::Runner.disable_autorun!
    options = RSpec::Core::ConfigurationOptions.new(["--format", name, *files])
    RSpec::Core::Runner.new(options).run($stderr, $stdout)
  end

  def dump_summary(summary)
    super
    @failed = summary.failure_count + summary.pending_count + summary.errors_outside_of_examples_count
    @passed = summary.example_count - summary.failure_count - summary.pending_count
  end

  def close(_notification)
    super
    output.puts "#{@passed} passed, #{@failed} failed"
  end
end
