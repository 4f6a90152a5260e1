# frozen_string_literal: true

require "pod"

# Every file that these profiles ask for is in the scanner's own root, with another content or owner than in the target, or in the target alone.
RSpec.describe "Ruby's own File, Dir, IO and the like in a profile" do
  let(:tree) { Tree.new.file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n").file("/etc/passwd", "root:x:0:0::/root:/sbin/nologin\n") }

  after { tree.remove }

  def controls(lines)
    lines.each_with_index.map { |line, index| "control 'c#{index}' do\n describe('x') { it { expect((#{line})).to_not eq :never } }\nend\n" }.join
  end

  calls = {
    "File.read('/etc/passwd')" => "File.read", "File.exist?('/etc/passwd')" => "File.exist?", "File.readable?('/etc/passwd')" => "File.readable?",
    "File.open('/etc/passwd') { |f| f.gets }" => "File.open", "::File.stat('/etc/passwd')" => "File.stat", "File.new('/etc/passwd')" => "File.open",
    "['/etc/passwd'].map(&File.method(:size))" => "File.size", "IO.readlines('/etc/passwd')" => "IO.readlines", "File.foreach('/etc/passwd').first" => "File.foreach",
    "Dir['/etc/*']" => "Dir.[]", "Dir.glob('/etc/*')" => "Dir.glob", "Dir.exist?('/etc')" => "Dir.exist?", "Dir.new('/etc').children" => "Dir.open", "Dir.home" => "Dir.home",
    "Pathname.new('/etc/passwd').read" => "File.read", "Pathname.new('/etc').children" => "Dir.foreach", "Pathname.new('/etc/passwd').exist?" => "FileTest.exist?",
    "FileTest.exist?('/etc/passwd')" => "FileTest.exist?", "test(?e, '/etc/passwd')" => "test", "open('/etc/passwd', &:read)" => "open",
    "Kernel.open('/etc/passwd').read" => "Kernel.open", "`id`" => "`", "system('true')" => "system", "Kernel.system('true')" => "Kernel.system",
    "IO.popen('id').read" => "IO.popen", "open('|id').read" => "open", "IO.read('|id')" => "IO.read", "Process.spawn('true')" => "Process.spawn",
    "require 'open3'; Open3.capture2('id')" => "Open3.spawn", "fork { }" => "fork", "YAML.load_file('/etc/passwd')" => "File.open",
    "require 'csv'; CSV.read('/etc/passwd')" => "File.open", "Etc.getpwnam('root').shell" => "Etc.getpwnam", "eval(\"File.exist?('/etc/passwd')\")" => "File.exist?",
    "File.exist?('sample/../../../etc/passwd')" => "File.exist?", "(File.read('/etc/passwd') rescue '')" => "File.read", "File::Stat.new('/etc/passwd')" => "File::Stat.new"
  }

  it "are an error of the control that names the call and its line, wherever it stands, also where the profile rescues it" do
    result = Pod.new(tree).scan({ "controls/a.rb" => controls(calls.keys) })

    asked = calls.keys.each_with_index.to_h { |line, index| [line, result.messages("c#{index}").join.match(%r{\((\S+)\): .*a\.rb:#{(index * 3) + 2} looks at})&.[](1)] }
    expect(asked).to eq calls
    expect(result.statuses.values.tally).to eq("error" => calls.size)
  end

  it "are an error in a resource of the profile's own and in a control's body, and say what to use instead" do
    profile = { "libraries/l.rb" => "class Own < Inspec.resource(1)\n name 'own'\n def there?\n  File.exist?('/etc/passwd')\n end\nend\n",
                "controls/a.rb" => "control 'library' do\n describe(own) { it { should be_there } }\nend\ncontrol 'body' do\n " \
                                   "describe(Etc.getlogin.to_s) { it { should eq '' } }\nend\n" }
    result = Pod.new(tree).scan(profile)

    expect(result.statuses).to eq("library" => "error", "body" => "error")
    expect(result.messages("library").join).to match(%r{File\.exist\?.*libraries/l\.rb:4.*use file\('…'\)})
    expect(result.messages("body").join).to match(/Etc\.getlogin.*use user\('…'\)/)
  end

  {
    "the top of a file" => { "controls/a.rb" => "TEXT = File.read('/etc/passwd')\n" },
    "only_if" => { "controls/a.rb" => "only_if { File.exist?('/etc/passwd') }\n" },
    "a library" => { "libraries/l.rb" => "TEXT = `id`\n" },
    "inspec.yml" => { "inspec.yml" => "name: sample\nversion: 1.0.0\nsummary: <%= File.read('/etc/passwd').lines.size %>\n" }
  }.each do |place, files|
    it "fail the scan with a code of its own in #{place}" do
      result = Pod.new(tree).scan({ "controls/z.rb" => "control('x') { describe(file('/')) { it { should exist } } }\n" }.merge(files))

      expect(result.status).to eq 1
      expect(result.error["code"]).to eq "PROFILE_READS_SCANNER"
      expect(result.error["message"]).to match(/while it loads.*Ruby's own (?:IO\.read|File\.read|File\.exist\?|`)/)
    end
  end

  it "work where they only compute, and on the profile's own files" do
    lines = ["File.join('a', 'b') == 'a/b'", "File.basename('/x/y.rb', '.rb') == 'y'", "File.extname('y.rb') == '.rb'",
             "YAML.load(inspec.profile.file('list.yml')) == { 'a' => 1 }", "YAML.load(File.read(File.expand_path('../files/list.yml', __dir__ || File.dirname(__FILE__)))) == { 'a' => 1 }",
             "File.read(File.expand_path('../../files/list.yml', __FILE__)) == \"a: 1\\n\"", "YAML.load_file(File.join(File.dirname(__FILE__), '..', 'files', 'list.yml')) == { 'a' => 1 }",
             "!File.exist?(File.expand_path('../../files/other.yml', __FILE__))", "Dir.glob(File.expand_path('../../files/*', __FILE__)).map { |f| File.basename(f) } == ['list.yml']",
             "Pathname.new(__FILE__).dirname.join('../files/list.yml').read == \"a: 1\\n\"", "Etc.uname[:sysname] == 'Linux'", "require 'csv'; CSV.parse('a,b') == [%w[a b]]",
             "own.text == \"a: 1\\n\"", "file('/etc/passwd').owner == 'root' && passwd.users == ['root'] && user('root').shell == '/sbin/nologin'"]
    result = Pod.new(tree).scan({ "files/list.yml" => "a: 1\n", "libraries/l.rb" => "class Own < Inspec.resource(1)\n name 'own'\n def text\n  File.read(File.expand_path('../files/list.yml', File.dirname(__FILE__)))\n end\nend\n",
                                  "controls/a.rb" => "#{controls(lines).gsub('to_not eq :never', 'to eq true')}\nBASE = File.read(File.join(File.dirname(__FILE__), '../files/list.yml'))\n" })

    lines.each_with_index { |line, index| expect(result.statuses["c#{index}"]).to eq("passed"), "#{line}: #{result.messages("c#{index}").join}" }
  end
end
