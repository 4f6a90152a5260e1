# frozen_string_literal: true

require "digest"
require "train"
require "sidescan/undecided"

module Sidescan
  # A file of the target for the auditor: every answer equals that of the auditor's local transport inside the target,
  # except that what cannot be looked at raises instead of reading as absent.
  class TargetFile < Train::File
    TYPES = { "file" => :file, "directory" => :directory, "link" => :symlink, "characterSpecial" => :character_device,
              "blockSpecial" => :block_device, "fifo" => :pipe, "socket" => :socket }.freeze
    OWNERS = { all: 0o777, owner: 0o700, group: 0o070, other: 0o007 }.freeze
    ACCESSES = { r: 0o444, w: 0o222, x: 0o111 }.freeze

    def exist?
      !followed.nil?
    end

    # Of the path itself, not of what a symlink points to: as File.ftype.
    def type
      TYPES.fetch((own || absent("rb_file_s_ftype")).ftype, :unknown)
    end

    %i[file? directory? socket? pipe?].each do |question|
      define_method(question) { followed ? followed.public_send(question) : false }
    end

    def block_device?
      followed ? followed.blockdev? : false
    end

    def character_device?
      followed ? followed.chardev? : false
    end

    def symlink?
      own ? own.symlink? : false
    end

    def size
      (followed || absent("rb_file_s_size")).size
    end

    def basename
      ::File.basename(@path)
    end

    def mode
      asked && (asked.mode & 0o7777)
    end

    def uid
      asked&.uid
    end

    def gid
      asked&.gid
    end

    def owner
      asked && @backend.accounts.user_name(asked.uid)
    end

    def group
      asked && @backend.accounts.group_name(asked.gid)
    end

    def mtime
      asked&.mtime&.to_i
    end

    # As the auditor's own transport asks stat(1): nil on a system without labels.
    def selinux_label
      asked && root.label(@path, follow: @follow_symlink)
    end

    def mode?(wanted)
      mode == wanted
    end

    def grouped_into?(wanted)
      group == wanted
    end

    def linked_to?(wanted)
      link_path == wanted
    end

    def content
      @content ||= root.read(@path)
    end

    def content=(_bytes)
      raise Train::UserError, "the target is never written to"
    end

    # A symlink that leads nowhere has the path "": the auditor's own transport ends the whole run there.
    # Like there, whichever of the two paths is asked first is the answer to both.
    def link_path
      return nil unless symlink?

      @link_path ||= root.realpath(@path)
      @link_path || ""
    end

    # The auditor asks this to name the file in its report, before any test of it: what cannot be looked at still has the name it was asked by.
    def path
      super
    rescue Unreadable
      @path
    end

    def shallow_link_path
      symlink? ? (@link_path ||= root.readlink(@path)) : nil
    end

    def md5sum
      checksum(Digest::MD5.new)
    end

    def sha256sum
      checksum(Digest::SHA256.new)
    end

    def mounted
      @mounted ||= @backend.run_command("mount | grep -- ' on #{@path} '")
    end

    def unix_mode_mask(owner, access)
      OWNERS[owner.to_sym] && ACCESSES[access.to_sym] && (OWNERS[owner.to_sym] & ACCESSES[access.to_sym])
    end

    private

    def root
      @backend.root
    end

    def followed
      @followed = root.stat(@path) unless defined?(@followed)
      @followed
    end

    def own
      @own = root.stat(@path, follow: false) unless defined?(@own)
      @own
    end

    def asked
      @follow_symlink ? followed : own
    end

    # In Ruby's own words, so that the message of the test is the one from inside.
    def absent(asked)
      raise Errno::ENOENT.new(@path, asked)
    end

    def checksum(digest)
      root.each_part(@path) { |part| digest << part } && digest.hexdigest
    end
  end
end
