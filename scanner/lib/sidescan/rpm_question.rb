# frozen_string_literal: true

module Sidescan
  # `package` reads three lines of `rpm -qi`, whose whole text (signatures, dates) only rpm can write. It asks for those, so that they are answered
  # from every kind of database, and `rpm -qi` itself is what the tools say. (Inspec::Resources::Rpm)
  module RpmQuestion
    LINES = %w[Name Version Release].map { |tag| "#{tag} : %{#{tag.upcase}}\\n" }.join

    def self.install
      require "inspec/resources/package"
      Inspec::Resources::Rpm.prepend(RpmQuestion)
    end

    private

    def rpm_command(package_name)
      "rpm -q#{" --dbpath #{@dbpath}" if @dbpath} --queryformat '#{LINES}' #{package_name}"
    end
  end
end
