# frozen_string_literal: true

require "etc"
require "sidescan/undecided"

module Sidescan
  # A profile's own Ruby (File, Dir, IO, Pathname, backticks, Etc …) is about the machine that the auditor runs on: inside the target that is the
  # target, here it is the scanner, and the answer would be about the wrong container. So such a call raises, if it comes from a profile's code.
  # It guards against wrong answers, not against an enemy: Ruby has other ways (docs/security.md).
  class ScannerAsked < Undecided
    MARK = "Asked of the scanner, not of the target"

    # Methods that only compute with text, or with descriptors that are open already.
    PURE = { ::File => %i[absolute_path absolute_path? basename dirname expand_path extname fnmatch fnmatch? join path split],
             ::IO => %i[for_fd new open pipe select try_convert console console_size],
             ::Dir => %i[pwd getwd mktmpdir tmpdir],
             ::Etc => %i[uname nprocessors sysconf confstr sysconfdir systmpdir] }.freeze
    GUARDED = { ::Kernel => %i[` open system exec spawn fork test syscall], ::Process => %i[spawn exec fork daemon], ::File::Stat => %i[new],
                ::FileTest => ::FileTest.singleton_methods(false) }.freeze
    # Who asked: the first of these on the stack. Profile code has a relative path (or is the ERB of an inspec.yml); the rest is Ruby's library and gems
    # that work for whoever called them. What rubygems reads is code.
    PROFILE = %r{\A(?:\(erb\)|[^/<(])}
    AUDITOR = %r{\A#{Regexp.escape(__dir__)}/|/(?:inspec|inspec-core|train|train-core)-\d[^/]*/lib/|/rubygems/}
    # What to use in a profile instead.
    INSTEAD = { /popen|spawn|system|exec|fork|`|daemon|syscall/ => "command('…')", /\AEtc/ => "user('…') or group('…')", /\ADir/ => "directory('…') or command('ls …')",
                // => "file('…')" }.freeze

    class << self
      # From now on, and for this process: profiles may read below `folder` (a ProfileFolder) and nothing else by Ruby's own means.
      def install(folder)
        @folder = folder
        PURE.each { |owner, pure| guard(owner.singleton_class, owner.singleton_methods(false) - pure) }
        GUARDED.each { |owner, names| guard(owner.singleton_class, names) }
        guard(::Kernel, GUARDED.fetch(::Kernel))
        [::File, ::Dir].each { |owner| guard(owner, [:initialize]) }
      end

      # Raises if a profile's code is behind the call of `method` on `receiver`, unless it is about the profile's own files.
      def check(receiver, method, arguments)
        nearest = caller_locations(2, 1).first
        return if nearest.nil? || nearest.path.match?(AUDITOR)

        asker = nearest.path.match?(PROFILE) ? nearest : caller_locations(2).find { |frame| frame.path.match?(PROFILE) || frame.path.match?(AUDITOR) }
        return if asker.nil? || asker.path.match?(AUDITOR)

        asked = spoken(receiver, method)
        raise new(asked, arguments, asker) unless @folder.allows?(asked, arguments)
      end

      private

      def guard(owner, names)
        wrappers = Module.new
        names.each do |name|
          wrappers.module_eval <<~RUBY, __FILE__, __LINE__ + 1
            #{'private' if owner.private_method_defined?(name)} def #{name}(*arguments, **options, &block)
              ::Sidescan::ScannerAsked.check(self, :#{name}, arguments)
              super
            end
          RUBY
        end
        owner.prepend(wrappers)
      end

      def spoken(receiver, method)
        return "#{receiver}.#{method}" if receiver.is_a?(Module)

        method == :initialize ? "#{receiver.class}.open" : method.to_s
      end
    end

    def initialize(asked, arguments, asker)
      what = arguments.first.to_s.scrub[0, 200] if arguments.first.respond_to?(:to_str) || arguments.first.respond_to?(:to_path)
      super("#{MARK} (#{asked}): Ruby's own #{asked}#{" of #{what.inspect}" if what} in #{asker.path}:#{asker.lineno} looks at the machine that the auditor runs on; " \
            "use #{INSTEAD.find { |pattern, _| asked.match?(pattern) }.last}")
    end
  end
end
