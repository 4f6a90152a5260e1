# frozen_string_literal: true

require "sidescan/undecided"

module Sidescan
  # Where the image has neither init scripts nor units, "not installed" and "not running" would be answers about another image: such a question is
  # undecided. (Inspec::Resources::SysV)
  module InitScripts
    UNITS = %w[/lib/systemd/system /usr/lib/systemd/system /etc/systemd/system].freeze

    def info(service_name)
      if ["/etc/init.d", *UNITS].none? { |folder| inspec.file(folder).directory? }
        raise CommandRefused, "#{CommandRefused::MARK} (service): there are no init scripts in this image, so it has no services"
      end

      super
    end

    def self.install
      require "inspec/resources/service"
      Inspec::Resources::SysV.prepend(InitScripts)
    end
  end
end
