# frozen_string_literal: true

module Sidescan
  # User and group names of the target, from its own passwd and group files: the scanner's files say nothing about it.
  class Accounts
    User = Struct.new(:name, :uid, :gid, :line)
    Group = Struct.new(:name, :gid, :members, :line)

    def initialize(root)
      @root = root
    end

    # The name of the first account with this uid; nil where there is none.
    def user_name(uid)
      @users_by_id ||= first_by(users, :uid)
      @users_by_id[uid]&.name
    end

    def group_name(gid)
      @groups_by_id ||= first_by(groups, :gid)
      @groups_by_id[gid]&.name
    end

    def user(name)
      @users_by_name ||= first_by(users, :name)
      @users_by_name[name]
    end

    def group(name)
      @groups_by_name ||= first_by(groups, :name)
      @groups_by_name[name]
    end

    # All gids of an account, its primary one first, as getgrouplist(3) orders them.
    def gids_of(user)
      [user.gid, *groups.select { |group| group.members.include?(user.name) }.map(&:gid)].uniq
    end

    private

    def users
      @users ||= lines("/etc/passwd").filter_map do |fields, line|
        User.new(fields[0], fields[2].to_i, fields[3].to_i, line) if fields.size >= 4 && numeric?(fields[2]) && numeric?(fields[3])
      end
    end

    def groups
      @groups ||= lines("/etc/group").filter_map do |fields, line|
        Group.new(fields[0], fields[2].to_i, fields[3].to_s.split(","), line) if fields.size >= 3 && numeric?(fields[2])
      end
    end

    def lines(path)
      (@root.read(path) || "").each_line(chomp: true).map { |line| [line.b.split(":", -1).map { |field| field.force_encoding("UTF-8") }, line] }
    end

    def numeric?(text)
      text.match?(/\A\d+\z/n)
    end

    # Duplicates: the first line wins, as in getpwnam(3).
    def first_by(list, key)
      list.each_with_object({}) { |item, found| found[item[key]] ||= item }
    end
  end
end
