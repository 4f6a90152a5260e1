# frozen_string_literal: true

require "minitest"
require "held_target"

# Package databases, read by the tools of their own package managers, whatever the image has of them.
class PackagesTest < Minitest::Test
  DPKG = "Package: %s\nStatus: install ok installed\nPriority: optional\nSection: misc\nMaintainer: x <x@example.org>\nArchitecture: all\nVersion: 1.0-%d\nDescription: to be found\n\n"
  APK = "C:Q1AAAA=\nP:busybox\nV:1.36.1-r5\nA:x86_64\nI:962560\nT:Size optimized toolbox\nU:https://busybox.net/\nL:GPL-2.0-only\no:busybox\nF:bin\nR:busybox\nF:etc\nR:securetty\n\n" \
        "C:Q1BBBB=\nP:musl\nV:1.2.4-r2\nA:x86_64\nI:667648\nT:the musl c library\nU:https://musl.libc.org/\nL:MIT\no:musl\n\n"

  # name => files of a root that is otherwise the distroless one
  def self.target(name, files)
    (@targets ||= {})[name] ||= begin
      root = "#{HeldTarget::PLACE}/packages-#{name}"
      FileUtils.cp_r(HeldTarget.distroless_root, root, preserve: true)
      files.each do |path, content|
        FileUtils.mkdir_p(File.dirname("#{root}/#{path}"))
        content.is_a?(Array) ? FileUtils.cp_r(content.first, "#{root}/#{path}") : File.write("#{root}/#{path}", content)
      end
      HeldTarget.new(root)
    end
  end

  def dpkg = self.class.target("dpkg", "var/lib/dpkg/status" => format(DPKG, "first", 1) + format(DPKG, "second", 2), "var/lib/dpkg/info/format" => "1\n", "var/lib/dpkg/info/first.list" => "/.\n/etc\n/etc/passwd\n")

  def fragments
    self.class.target("fragments", "var/lib/dpkg/status.d/tzdata" => "Package: tzdata\nVersion: 2024a-0\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: zones\n",
                                   "var/lib/dpkg/status.d/base" => "Package: base-files\nVersion: 12.4\nArchitecture: amd64\nMaintainer: x <x@example.org>\nDescription: base\n",
                                   "var/lib/dpkg/status.d/base-files.md5sums" => "d41d8cd98f00b204e9800998ecf8427e  etc/passwd\n")
  end

  def apk = self.class.target("apk", "lib/apk/db/installed" => APK)

  def self.rpm_databases
    @rpm_databases ||= begin
      databases = "#{HeldTarget::PLACE}/rpm"
      FileUtils.mkdir_p(databases)
      HeldTarget.podman("run", "--rm", "--network=host", "--label", "sidescan.test=#{HeldTarget::PLACE}", "--volume=#{__dir__}/make-rpm-databases:/make:ro", "--volume=#{databases}:/out",
                        ENV.fetch("SIDESCAN_TEST_BUILD_IMAGE"), "/make", "/out")
      databases
    end
  end

  def test_dpkg_by_its_own_database
    assert_equal "first 1.0-1\nsecond 1.0-2\n", dpkg.run("dpkg-query -W -f '${Package} ${Version}\\n'").out
    assert_includes dpkg.run("dpkg -s first | grep Status").out, "install ok installed"
    assert_equal "second\n", dpkg.run("dpkg -l | awk '/^ii/ { print $2 }' | grep second").out
    assert_equal "first: /etc/passwd\n", dpkg.run("dpkg -S /etc/passwd").out
    assert_equal [1, ""], dpkg.run("dpkg-query -W absent-package 2>/dev/null").then { |answer| [answer.status, answer.out] }
  end

  def test_dpkg_by_the_fragments_of_a_distroless_image
    assert_equal "base-files 12.4\ntzdata 2024a-0\n", fragments.run("dpkg-query -W -f '${Package} ${Version}\\n'").out
    assert_includes fragments.run("dpkg -s tzdata").out, "Status: install ok installed"
    assert_equal "base-files: /etc/passwd\n", fragments.run("dpkg-query -S /etc/passwd").out
    assert_equal 1, fragments.run("dpkg -s absent-package").status
    assert_equal "", fragments.run("ls /sidescan/run | grep dpkg").out
  end

  def test_a_database_that_cannot_be_put_together_is_a_refusal
    answer = fragments.run("trap '' XFSZ; ulimit -f 0; dpkg -l | grep -c '^ii'")
    assert_equal ["absent dpkg without room for the packages of status.d"], answer.refused.map { |line| line.sub("/sidescan/bin/", "") }
  end

  def test_rpm_by_each_kind_of_database
    { "sqlite" => "usr/lib/sysimage/rpm", "bdb_ro" => "var/lib/rpm" }.each do |kind, place|
      target = self.class.target(kind, "etc/tested.conf" => "tested\n", place => ["#{self.class.rpm_databases}/#{kind}"])
      answer = target.run("rpm -qa; rpm -q tested-package; rpm -qi tested-package | grep ^License; rpm -ql tested-package; rpm -q absent-package; rpm -qf /etc/tested.conf")
      assert_equal "tested-package-1.2.3-4.noarch\n" * 2 + "License     : Apache-2.0\n/etc/tested.conf\npackage absent-package is not installed\ntested-package-1.2.3-4.noarch\n", answer.out, "#{kind}: #{answer.err}"
      assert_empty answer.refused
      assert_empty answer.err
      assert_equal [0, 1], [target.run("rpm -q tested-package").status, target.run("rpm -q absent-package").status], kind
    end
  end

  def test_apk_by_its_database
    assert_equal "busybox\nmusl\n", apk.run("apk info").out
    assert_equal "musl-1.2.4-r2 - the musl c library\n", apk.run("apk info -vv --no-network | grep musl").out
    assert_equal "busybox-1.36.1-r5 x86_64 {busybox} (GPL-2.0-only) [installed]\n", apk.run("apk list --installed busybox").out
    assert_equal ["busybox-1.36.1-r5\nmusl-1.2.4-r2\n", "", 0], apk.run("apk info -v").then { |answer| [answer.out, answer.err, answer.status] }
    assert_equal [0, 1], [apk.run("apk info -e musl").status, apk.run("apk info -e telnet").status]
    assert_equal "busybox-1.36.1-r5 contains:\nbin/busybox\netc/securetty\n\n", apk.run("apk info -L busybox").out
    assert_equal ["absent apk add"], apk.run("apk add telnet").refused
  end

  def test_an_rpm_database_that_cannot_be_read_is_a_refusal
    target = self.class.target("ndb", "usr/lib/sysimage/rpm/Packages.db" => "RpmP")
    assert_equal ["absent rpm on an ndb database"], target.run("rpm -qa | sort").refused
  end

  def test_where_there_is_no_such_database_the_answer_is_a_refusal
    { "dpkg -l | grep telnet" => "/var/lib/dpkg/status", "dpkg-query -W" => "/var/lib/dpkg/status", "rpm -qa" => "/var/lib/rpm/Packages", "apk info | wc -l" => "/lib/apk/db/installed" }.each do |command, named|
      assert_equal ["absent #{named}"], HeldTarget.distroless.run(command).refused, command
    end
  end
end
