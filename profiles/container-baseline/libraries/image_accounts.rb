# frozen_string_literal: true

require 'set'

# Accounts and groups of the image, as its own /etc/passwd, /etc/shadow and /etc/group say. An image without these files has no accounts.
class ImageAccounts < Inspec.resource(1)
  name 'image_accounts'
  supports platform: 'linux'
  desc 'Finds faults in the account files of a container image'
  example "describe image_accounts.with_uid_zero do\n  its('found') { should be_empty }\nend"

  NO_LOGIN = %w(nologin false true sync shutdown halt null).freeze # last part of the shell's path
  PRIVILEGED_GROUPS = %w(root shadow disk docker sudo wheel adm lxd kmem).freeze
  Account = Struct.new(:name, :password, :uid, :gid, :gecos, :home, :shell)
  Group = Struct.new(:name, :password, :gid, :members)

  def initialize(limits = {})
    super()
    @root = TargetRoot.of(inspec.backend, limits)
  end

  def with_uid_zero
    Findings.new('Accounts other than root with user id 0') do
      accounts.select { |a| number(a.uid) == 0 && a.name != 'root' }.map(&:name)
    end
  end

  def without_password
    Findings.new('Accounts that anybody enters without a password') do
      in_passwd = accounts.select { |a| a.password == '' }.map { |a| "#{a.name} (/etc/passwd)" }
      in_passwd + shadow.select { |_, hash| hash == '' }.map { |name, _| "#{name} (/etc/shadow)" }
    end
  end

  def with_password(allowed)
    list = AllowList.new(allowed)
    Findings.new('Accounts with a password set in the image') do
      all = accounts.map { |a| [a.name, a.password] } + shadow
      all.select { |_, hash| hash && hash.match?(%r{\A!?[$_./0-9A-Za-z]}) && !%w(x *).include?(hash) }
         .map(&:first).reject { |name| list.allows?(name) }
    end
  end

  def with_shell(allowed)
    list = AllowList.new(allowed)
    Findings.new('Accounts with a login shell') do
      accounts.reject { |a| NO_LOGIN.include?(a.shell.to_s.split('/').last) || list.allows?(a.name) }
              .map { |a| "#{a.name} (#{a.shell.to_s.empty? ? 'no shell given, which means /bin/sh' : a.shell})" }
    end
  end

  def ambiguous
    Findings.new('Names and numbers that stand for two accounts') do
      repeated(accounts.map(&:name), 'account') + repeated(accounts.map(&:uid), 'user id') + malformed('/etc/passwd', 7)
    end
  end

  def ambiguous_groups
    Findings.new('Names and numbers that stand for two groups') do
      repeated(groups.map(&:name), 'group') + repeated(groups.map(&:gid), 'group id') + malformed('/etc/group', 4)
    end
  end

  def of_unknown_group
    Findings.new('Accounts whose primary group is not in /etc/group') do
      known = groups.to_set(&:gid)
      accounts.reject { |a| known.include?(a.gid) || (a.gid == '0' && groups.empty?) }.map { |a| "#{a.name} (group #{a.gid})" }
    end
  end

  def privileged_members
    Findings.new('Members of privileged groups') do
      groups.select { |g| PRIVILEGED_GROUPS.include?(g.name) }
            .flat_map { |g| g.members.reject { |m| m == 'root' }.map { |m| "#{m} in #{g.name}" } } +
        accounts.select { |a| number(a.gid) == 0 && number(a.uid) != 0 && !NO_LOGIN.include?(a.shell.to_s.split('/').last) }
                .map { |a| "#{a.name} in group 0" }
    end
  end

  def from_elsewhere
    Findings.new('Entries that take accounts from a directory service') do
      %w(/etc/passwd /etc/shadow /etc/group /etc/gshadow).flat_map do |path|
        @root.settings(path).select { |line| line.start_with?('+', '-') }.map { |line| "#{path}: #{line.split(':').first}" }
      end
    end
  end

  def loose_homes
    Findings.new('Home folders that somebody else may change') do
      accounts.select { |a| number(a.uid) == 0 || (number(a.uid) || 0).between?(1000, 65_533) }.flat_map do |a|
        home = a.home.to_s.length > 1 ? @root.entry(a.home) : nil
        next [] unless home&.dir?

        faults = []
        faults << 'owned by another' unless [number(a.uid), 0].include?(home.uid)
        faults << 'writable by group or others' unless (home.mode & 0o022).zero?
        faults.map { |fault| "#{home.describe} of #{a.name}: #{fault}" }
      end
    end
  end

  # User ids and group ids that the account files know; 0 is always known.
  def known_ids
    @root.once(:known_ids) { [accounts.to_set { |a| number(a.uid) } << 0, groups.to_set { |g| number(g.gid) } << 0] }
  end

  def accounts
    @root.once(:accounts) { lines('/etc/passwd').map { |fields| Account.new(*fields.first(7)) } }
  end

  def to_s
    'Accounts of the image'
  end

  private

  def groups
    @root.once(:groups) { lines('/etc/group').map { |name, password, gid, members| Group.new(name, password, gid, members.to_s.split(',')) } }
  end

  def shadow
    @root.once(:shadow) { lines('/etc/shadow').map { |name, hash| [name, hash] } }
  end

  def lines(path)
    @root.settings(path).reject { |line| line.start_with?('+', '-') }.map { |line| line.split(':', -1) }
  end

  def malformed(path, fields)
    lines(path).reject { |line| line.length == fields && line[2].match?(/\A\d{1,10}\z/) }.map { |line| "#{path}: malformed line of #{line.first}" }
  end

  def repeated(values, what)
    values.tally.select { |_, count| count > 1 }.map { |value, count| "#{what} #{value}: #{count} times" }
  end

  def number(text)
    text&.match?(/\A\d+\z/) ? text.to_i : nil
  end
end
