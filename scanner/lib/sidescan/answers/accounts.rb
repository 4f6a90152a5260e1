# frozen_string_literal: true

module Sidescan
  module Answers
    # `id` and `getent` from the target's passwd and group files.
    class Accounts
      NAME = /[A-Za-z_][A-Za-z0-9_.-]*\$?/

      def initialize(_root, accounts)
        @accounts = accounts
      end

      def answer(command)
        case command
        when /\Aid (#{NAME})\z/ then id(Regexp.last_match(1))
        when /\Agetent passwd (#{NAME})\z/ then line(@accounts.user(Regexp.last_match(1)))
        when /\Agetent group (#{NAME})\z/ then line(@accounts.group(Regexp.last_match(1)))
        end
      end

      private

      def id(name)
        user = @accounts.user(name)
        return ["", 1, "id: ‘#{name}’: no such user\n"] unless user

        groups = @accounts.gids_of(user).map { |gid| shown(gid, @accounts.group_name(gid)) }
        ["uid=#{user.uid}(#{name}) gid=#{shown(user.gid, @accounts.group_name(user.gid))} groups=#{groups.join(',')}\n"]
      end

      def shown(id, name)
        name ? "#{id}(#{name})" : id.to_s
      end

      def line(entry)
        entry ? ["#{entry.line}\n"] : ["", 2]
      end
    end
  end
end
